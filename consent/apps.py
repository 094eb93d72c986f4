from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Consent")

    def ready(self) -> None:
        """Answer the hooks of the kernel."""
        from consent import clocks as notice_clocks
        from consent import erasers, gates, job_kinds, ledger_rows, notice_jobs, sections
        from consent.selectors.used_addresses import used_by
        from consent.services import ending, joining, one_click
        from portal.core import hooks

        hooks.send_gate.fill(gates.send_gate)
        hooks.one_click_url.fill(one_click.url_for)
        hooks.addresses_used.fill(used_by)
        hooks.address_left.register(ending.end_at_address)
        hooks.clock_owners.register(notice_clocks.NoticeClocks())
        hooks.references_joined.register(joining.refold_joined)
        hooks.became_child.register(ending.end_for_child)
        hooks.complaints.register(gates.complained)
        hooks.erasers.register(erasers.Scans())
        hooks.erasers.register(erasers.ManagerLinks())
        hooks.erasers.register(erasers.Wishes())
        hooks.job_kinds.register(job_kinds.CheckList())
        hooks.job_kinds.register(job_kinds.ScrubList())
        hooks.job_kinds.register(job_kinds.TakeListIn())
        hooks.job_kinds.register(notice_jobs.TellEveryone())
        hooks.job_kinds.register(notice_jobs.ReachProof())
        hooks.ledger_rows.register(ledger_rows.ConsentRows())
        hooks.sections.register(sections.ConsentSection())
