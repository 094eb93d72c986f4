from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "portal.people"
    verbose_name = _("People")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.people import erasers, sections, selectors

        hooks.permission_source.fill(selectors.has_permission)
        hooks.erasers.register(erasers.Accounts())
        hooks.erasers.register(erasers.SignIns())
        hooks.sections.register(sections.PeopleSection())
