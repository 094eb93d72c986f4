from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "portal.outbox"
    verbose_name = _("Messages out")

    def ready(self) -> None:
        """Register the eraser of this room."""
        from portal.core import hooks
        from portal.outbox import erasers

        hooks.erasers.register(erasers.MessageTexts())
