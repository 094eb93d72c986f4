from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "portal.audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Answer "a record was opened", hear of a stopped ledger, have events compared with their leaves, and let go of personal parts."""
        from portal.audit import erasers, ledger_rows, services
        from portal.audit.strands import STRANDS
        from portal.core import hooks

        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.erasers.register(erasers.PersonalParts())
        hooks.record_opened.fill(services.record_opened)
        hooks.ledger_rows.register(ledger_rows.AuditRows())
        hooks.act_done.fill(services.record_act)
        hooks.anomalies_explained.fill(services.anomalies_explained)
        hooks.ledger_stopped.register(services.signing_was_stopped)
