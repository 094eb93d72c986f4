from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KycConfig(AppConfig):
    name = "kyc"
    verbose_name = _("KYC")

    def ready(self) -> None:
        """Answer the hooks of this room."""
        from django.core.checks import Tags, register

        from kyc import selectors, system_checks
        from kyc.clocks import KycClocks
        from kyc.erasers import KycDocuments
        from kyc.sections import KycSection
        from kyc.services import locking, signers
        from portal.core import hooks

        hooks.sender_state.fill(selectors.sender_state)
        hooks.clock_owners.register(KycClocks())
        hooks.erasers.register(KycDocuments())
        hooks.sections.register(KycSection())
        hooks.login_left.register(locking.login_left)
        hooks.rule_books.register(signers.load_shipped)
        hooks.readiness.register(system_checks.readiness)
        register(system_checks.signers_end_soon, Tags.database)
