from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GrievancesConfig(AppConfig):
    name = "grievances"
    verbose_name = _("Grievances")

    def ready(self) -> None:
        from grievances import finding, gates, queues
        from grievances.clocks import GrievanceClocks
        from grievances.erasers import GrievanceTexts, open_disputes
        from grievances.job_kinds import PutTogether
        from grievances.lookups import LOOKUPS
        from grievances.nominee_erasers import Nominees, end_with_the_person
        from grievances.sections import GrievanceSection, NomineeSection
        from grievances.services import (
            bundling,
            claiming,
            ending,
            filing,
            nominating,
            proving,
            reading,
            taking_over,
            thread,
        )
        from grievances.stated import REQUESTS, TICKETS
        from grievances.strands import STRANDS
        from portal.core import hooks

        for stated in (REQUESTS, TICKETS):
            hooks.ledger_followers.register(stated)
        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.clock_owners.register(GrievanceClocks())
        hooks.erasers.register(GrievanceTexts())
        hooks.erasers.register(Nominees())
        hooks.person_erased.register(end_with_the_person)
        hooks.disputes.register(open_disputes)
        hooks.insolvency_changed.register(gates.insolvent)
        hooks.copies.register(bundling.end_holding)
        hooks.person_run_ended.register(ending.note_end)
        hooks.messages_sent.register(filing.letters_sent)
        hooks.duties.register(ending.list_profile_tasks)
        hooks.job_kinds.register(PutTogether())
        for job_kind in taking_over.LISTS.job_kinds:
            hooks.job_kinds.register(job_kind)
        hooks.inbound_grievance.fill(gates.message_came_in)
        hooks.named_in_grievance.fill(gates.named_in_grievance)
        for queue in queues.QUEUES:
            hooks.queues.register(queue)
        hooks.finders.register(finding.find)
        hooks.hands_out.register(queues.HANDS_OUT)
        hooks.holders.register(queues.holders)
        hooks.login_left.register(thread.let_go)
        hooks.referred_entries.register(reading.entries_of)
        hooks.referred_entries.register(nominating.entries_of)
        for column in LOOKUPS:
            hooks.lookup_columns.register(column)
        hooks.sections.register(GrievanceSection())
        hooks.sections.register(NomineeSection())
        claiming.ON_AUTHORITY.append(proving.resume_nominee_requests)
