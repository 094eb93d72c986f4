from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigninConfig(AppConfig):
    name = "portal.signin"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.signin import company, events, factors, letters

        hooks.second_factor.fill(factors.has_shown_second_factor)
        hooks.account_changed.register(letters.people_changed)
        hooks.address_given_up.register(letters.address_removed)
        events.connect()
        company.connect()
