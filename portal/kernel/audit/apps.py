from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "portal.kernel.audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Answer "a record was opened", hear of a stopped ledger, have events compared with their leaves, and let go of personal parts."""
        from portal.kernel.audit import erasure, ledger_checks, services
        from portal.kernel.audit.timeline import STRANDS
        from portal.kernel.core import answers, ports

        for strand in STRANDS:
            ports.strands.register(strand)
        ports.erasers.register(erasure.PersonalParts())
        answers.record_opened.fill(services.record_opened)
        ports.ledger_rows.register(ledger_checks.AuditRows())
        answers.act_done.fill(services.record_act)
        answers.anomalies_explained.fill(services.anomalies_explained)
        ports.ledger_stopped.register(services.signing_was_stopped)
