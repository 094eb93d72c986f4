from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LawConfig(AppConfig):
    name = "portal.law"
    verbose_name = _("Law and clocks")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.law import selectors

        hooks.opening_life.fill(selectors.opening_life)
