from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "portal.kernel.retention"
    verbose_name = _("Retention")

    def ready(self) -> None:
        """Register the rules that ship, and the checks that nothing personal lives for ever by accident."""
        from portal.kernel.core import answers, ports
        from portal.kernel.core.admin import labels as core_labels
        from portal.kernel.law import request_cache
        from portal.kernel.retention import labels as retention_labels
        from portal.kernel.retention import selectors, system_checks
        from portal.kernel.retention.erasure import LedgerContents, kept_contents
        from portal.kernel.retention.ledger_checks import CLAIMS, HOLDS, RUNS
        from portal.kernel.retention.models import RetentionRule
        from portal.kernel.retention.person_pages import holds_about
        from portal.kernel.retention.services import child_erasure, erasure_replay, profile_tasks, rule_loader
        from portal.kernel.retention.services.report_freezes import ReportFreezes
        from portal.kernel.retention.timeline import STRANDS
        from portal.kernel.retention.underage_report_deadlines import ChildClocks
        from portal.kernel.retention.underage_report_erasure import ChildReports

        core_labels.say(retention_labels.KindNames, fields=("retention_class",))
        core_labels.say(retention_labels.EraserNames, fields=("eraser",))
        core_labels.head(
            "retention.RetentionRule", lambda row: retention_labels.kind_name(row.retention_class, row.name)
        )
        request_cache.changes_with(RetentionRule)
        for stated in (RUNS, HOLDS, CLAIMS):
            ports.ledger_followers.register(stated)
        for strand in STRANDS:
            ports.strands.register(strand)
        ports.person_pages.register(holds_about)
        ports.erasers.register(LedgerContents())
        answers.erased_so_far.fill(selectors.erased_so_far)
        answers.kept_contents.fill(kept_contents)
        ports.erasures_undone.register(erasure_replay.undone)
        ports.person_run_ended.register(child_erasure.note_end)
        ports.freezes.register(ReportFreezes())
        ports.clock_owners.register(ChildClocks())
        ports.erasers.register(ChildReports())
        ports.rule_books.register(rule_loader.load_shipped)
        ports.duties.register(profile_tasks.list_profile_tasks)
        ports.duties.register(profile_tasks.list_rule_tasks)

        register(system_checks.every_personal_model_can_be_erased, Tags.models)
        register(system_checks.every_eraser_has_a_rule, Tags.models)
        register(system_checks.every_field_has_its_act, Tags.models)
        register(system_checks.the_profile_is_decided, deploy=True)
