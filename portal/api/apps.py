from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "portal.api"
    verbose_name = _("Interfaces")

    def ready(self) -> None:
        """Register what takes more than a file."""
        from portal.api import sizes
        from portal.core import hooks

        hooks.larger_requests.register((sizes.INBOUND_MAIL, sizes.LONGEST_MAIL))
