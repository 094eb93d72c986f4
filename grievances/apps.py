from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GrievancesConfig(AppConfig):
    name = "grievances"
    verbose_name = _("Grievances")

    def ready(self) -> None:
        from grievances import ports as grievances_ports
        from grievances import queues, search
        from grievances.base import ticket_summaries
        from grievances.data_copy_sections import GrievanceSection, NomineeSection
        from grievances.deadlines import GrievanceClocks
        from grievances.erasure import GrievanceTexts, open_disputes
        from grievances.ledger_checks import REQUESTS, TICKETS
        from grievances.legacy_imports.services import legacy_import
        from grievances.lookup_columns import LOOKUPS
        from grievances.nominees.erasure import Nominees, end_with_the_person
        from grievances.nominees.services import nominations, nominee_claims
        from grievances.requests.job_types import PutTogether
        from grievances.requests.services import data_copies, erasure_requests, identity_verification
        from grievances.tickets.services import conversation, intake, thread_access
        from grievances.timeline import STRANDS
        from portal.kernel.core import answers
        from portal.kernel.core import ports as core_ports

        for stated in (REQUESTS, TICKETS):
            core_ports.ledger_followers.register(stated)
        for strand in STRANDS:
            core_ports.strands.register(strand)
        core_ports.clock_owners.register(GrievanceClocks())
        core_ports.erasers.register(GrievanceTexts())
        core_ports.erasers.register(Nominees())
        core_ports.person_erased.register(end_with_the_person)
        core_ports.disputes.register(open_disputes)
        core_ports.insolvency_changed.register(grievances_ports.insolvent)
        core_ports.copies.register(data_copies.end_holding)
        core_ports.person_run_ended.register(erasure_requests.note_end)
        core_ports.messages_sent.register(intake.letters_sent)
        core_ports.duties.register(erasure_requests.list_profile_tasks)
        core_ports.job_kinds.register(PutTogether())
        for job_kind in legacy_import.LISTS.job_kinds:
            core_ports.job_kinds.register(job_kind)
        answers.inbound_grievance.fill(grievances_ports.message_came_in)
        answers.named_in_grievance.fill(grievances_ports.named_in_grievance)
        for queue in queues.QUEUES:
            core_ports.queues.register(queue)
        core_ports.finders.register(search.find)
        core_ports.hands_out.register(queues.HANDS_OUT)
        core_ports.record_facts.register(queues.record_facts)
        core_ports.opening_reasons.register(queues.reasons_to_open)
        core_ports.login_left.register(conversation.let_go)
        core_ports.referred_entries.register(thread_access.entries_of)
        core_ports.referred_entries.register(nominations.entries_of)
        for column in LOOKUPS:
            core_ports.lookup_columns.register(column)
        core_ports.short_texts.register(ticket_summaries.fill_gists)
        core_ports.sections.register(GrievanceSection())
        core_ports.sections.register(NomineeSection())
        nominee_claims.ON_AUTHORITY.append(identity_verification.resume_nominee_requests)
