from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "portal.kernel.ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        """Answer ``/readyz`` and check the key's form."""
        from django.core.checks import Tags, register

        from portal.kernel.core import answers, ports
        from portal.kernel.core.system_checks import PRODUCTION
        from portal.kernel.ledger import ledger_checks, services, system_checks

        ports.readiness.register(("ledger", services.readiness))
        ports.readiness.register(("witnesses", services.witness_readiness))
        answers.last_recorded_at.fill(services.last_recorded_at)
        ports.ledger_rows.register(ledger_checks.KeyRotations())
        register(system_checks.signing_key, Tags.security, PRODUCTION)
        register(system_checks.named_witnesses, Tags.security, PRODUCTION)
