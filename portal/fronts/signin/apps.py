from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigninConfig(AppConfig):
    name = "portal.fronts.signin"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from portal.fronts.signin import company, events, mfa_status, notifications
        from portal.kernel.core import answers, ports

        answers.second_factor.fill(mfa_status.has_shown_second_factor)
        ports.account_changed.register(notifications.people_changed)
        ports.address_given_up.register(notifications.address_removed)
        events.connect()
        company.connect()
