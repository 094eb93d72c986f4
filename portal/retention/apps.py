from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "portal.retention"
    verbose_name = _("Retention")

    def ready(self) -> None:
        """Register the rules that ship, and the checks that nothing personal lives for ever by accident."""
        from portal.core import hooks
        from portal.core.admin import speaking
        from portal.law import memory
        from portal.retention import selectors, system_checks, words
        from portal.retention.child_clocks import ChildClocks
        from portal.retention.child_erasers import ChildReports
        from portal.retention.erasers import LedgerContents, kept_contents
        from portal.retention.models import RetentionRule
        from portal.retention.services import ending_children, profile_tasks, replaying, rules
        from portal.retention.services.freezes import ReportFreezes
        from portal.retention.stated import CLAIMS, HOLDS, RUNS
        from portal.retention.strands import STRANDS

        speaking.say(words.KindNames, fields=("retention_class",))
        speaking.say(words.EraserNames, fields=("eraser",))
        speaking.head("retention.RetentionRule", lambda row: words.kind_name(row.retention_class, row.name))
        memory.changes_with(RetentionRule)
        for stated in (RUNS, HOLDS, CLAIMS):
            hooks.ledger_followers.register(stated)
        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.erasers.register(LedgerContents())
        hooks.erased_so_far.fill(selectors.erased_so_far)
        hooks.kept_contents.fill(kept_contents)
        hooks.erasures_undone.register(replaying.undone)
        hooks.person_run_ended.register(ending_children.note_end)
        hooks.freezes.register(ReportFreezes())
        hooks.clock_owners.register(ChildClocks())
        hooks.erasers.register(ChildReports())
        hooks.rule_books.register(rules.load_shipped)
        hooks.duties.register(profile_tasks.list_profile_tasks)
        hooks.duties.register(profile_tasks.list_rule_tasks)

        register(system_checks.every_personal_model_can_be_erased, Tags.models)
        register(system_checks.every_eraser_has_a_rule, Tags.models)
        register(system_checks.every_field_has_its_act, Tags.models)
        register(system_checks.the_profile_is_decided, deploy=True)
