from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "portal.ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        """Answer ``/readyz`` and check the key's form."""
        from django.core.checks import Tags, register

        from portal.core import hooks
        from portal.core.system_checks import PRODUCTION
        from portal.ledger import ledger_rows, services, system_checks

        hooks.readiness.register(("ledger", services.readiness))
        hooks.readiness.register(("witnesses", services.witness_readiness))
        hooks.last_recorded_at.fill(services.last_recorded_at)
        hooks.ledger_rows.register(ledger_rows.KeyRotations())
        register(system_checks.signing_key, Tags.security, PRODUCTION)
        register(system_checks.named_witnesses, Tags.security, PRODUCTION)
