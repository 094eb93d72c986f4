"""Letting go of what people wrote: rows with words and addresses go, the key ends, the steps and dates stay."""

from django.db import transaction

from grievances.base.choices import MOVES, Author, ClosedBecause, EntryKind, TicketState
from grievances.base.models.data_copies import Bundle, RequestProposal
from grievances.base.models.draft import TicketDraft
from grievances.base.models.external_tasks import OutsideTask
from grievances.base.models.requests import ProofPaper, RightsRequest
from grievances.base.models.thread import Attachment, EntryText
from grievances.base.models.ticket import Ticket, TicketContact
from grievances.base.models.tracking import TrackingCode
from grievances.base.request_choices import BundleState
from grievances.nominees.models import NomineeStanding
from grievances.requests.services import data_copies
from grievances.tickets.services import appeals, deadlines, drafts, external_tasks, thread_entries
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Ended
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files as vault


def erase(*, ticket: Ticket) -> bool:
    """End the words, addresses, files and keys of one grievance, in the caller's transaction. False: done before.

    An open grievance is closed by it. Its subject was issued for it alone, so no other record ends with the key.
    """
    with transaction.atomic():
        had_words, _by_model = EntryText.objects.filter(entry__ticket=ticket).delete()
        had_addresses, _by_model = TicketContact.objects.filter(ticket=ticket).delete()
        if not had_words and not had_addresses:
            return False
        Attachment.objects.filter(entry__ticket=ticket).delete()
        TrackingCode.objects.filter(ticket=ticket).delete()
        TicketDraft.objects.filter(ticket=ticket).delete()
        _end_request(ticket)
        if ticket.state != TicketState.CLOSED:
            _close(ticket)
        Ticket.objects.filter(pk=ticket.pk).update(
            gist_sealed=None, tracking_key_hash=None, zone="Asia/Kolkata", reopen_until=None
        )
        drafts.end_subject(ticket.subject_ref)
    return True


def _close(ticket: Ticket) -> None:
    now = clock.now()
    move(
        ticket,
        TicketState.CLOSED,
        moves=MOVES,
        closed_because=ClosedBecause.ERASED,
        closed_at=now,
        turn_at=now,
    )
    appeals.end(ticket=ticket, actor=SYSTEM, at=now)
    deadlines.stop_answer(ticket, actor=SYSTEM, at=now, ended=Ended.WITHDRAWN)
    external_tasks.leave_all(ticket, actor=SYSTEM, at=now)
    deadlines.stop_acknowledge(ticket, actor=SYSTEM, at=now, ended=Ended.WITHDRAWN)
    thread_entries.add(ticket, EntryKind.CLOSED, author=Author.PORTAL, actor=SYSTEM, at=now)
    record(
        AuditKind.GRIEVANCES_TICKET_CLOSED,
        actor=SYSTEM,
        about=ticket.about,
        facts={
            "reference": ticket.reference,
            "reason_code": ClosedBecause.ERASED,
            "state": ticket.state,
            "closed_at": clock.stamp(now),
        },
        subject_ref=ticket.subject_ref,
        at=now,
    )


def _end_request(ticket: Ticket) -> None:
    """Details and papers of a request about data; papers that were looked at ended then."""
    now = clock.now()
    RightsRequest.objects.filter(ticket=ticket).update(details_sealed=b"")
    NomineeStanding.objects.filter(request__ticket=ticket).update(cause="")
    RequestProposal.objects.filter(request__ticket=ticket).update(letter_sealed=b"")
    OutsideTask.objects.filter(request__ticket=ticket).update(words_sealed=b"")
    for bundle in Bundle.objects.filter(request__ticket=ticket).exclude(state=BundleState.ENDED):
        data_copies.end(bundle=bundle, at=now)
    for paper in ProofPaper.objects.filter(request__ticket=ticket, destroyed_at=None):
        vault.shred(subject_ref=paper.key_ref, retention_class=RetentionClass.GRIEVANCE)
        ProofPaper.objects.filter(pk=paper.pk).update(destroyed_at=now)
