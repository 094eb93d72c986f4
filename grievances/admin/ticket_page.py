"""What the page of one grievance shows to staff: where it stands, the thread, the composer, the facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import uuid4

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from grievances.admin.assignment import taken
from grievances.base import labels, selectors, ticket_summaries
from grievances.base.choices import OPEN_STATES, AppealOutcome, Author, TicketState
from grievances.base.models.appeal import Appeal
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.base.rules import StaffAction, Standing
from grievances.legacy_imports.models import TicketTakeOverLine
from grievances.tickets import grievance_status, reply_templates
from grievances.tickets.forms import public
from grievances.tickets.forms.staff import ComposerForm
from grievances.tickets.services import deadlines as ticket_deadlines
from grievances.tickets.services import intake, notifications, presence, thread_access, triage
from grievances.tickets.services.thread_access import Line
from portal.kernel.core import access, addresses, clock
from portal.kernel.core.admin.bases import KEYS_OFF
from portal.kernel.law.explanations import DeadlineInWords
from portal.kernel.people import selectors as people


@dataclass(frozen=True)
class Part:
    """Lines of the thread that follow each other: each message by itself, what the portal did together, to be unfolded."""

    is_folded: bool
    lines: Sequence[Line]


def page(request: HttpRequest, ticket: Ticket, composer: ComposerForm, *, seen: int | None = None) -> dict[str, Any]:
    """Everything the page shows. After ``seen`` lines of others the rest are new to its reader, and stand above the message."""
    now = clock.now()
    user: Any = request.user
    stands = grievance_status.standing_of(ticket, now=now)
    appeal = composer.appeal
    may_read = access.allowed(user, GrievancePermission.TICKET_READ)
    may_answer = may_write_to_person(request, ticket) and ticket.state in OPEN_STATES
    asked = selectors.request_of(ticket)
    lines = thread_access.thread(ticket, internal=True, opened=may_read)
    is_waiting = appeal is not None and appeal.outcome == AppealOutcome.WAITING
    return {
        "ticket": ticket,
        "gist": ticket_summaries.gists_of([ticket], user=user).get(ticket.pk, ""),
        "who": ticket_summaries.people_of([ticket], user=user).get(ticket.pk, ""),
        "stands": stands,
        "state": labels.state_for_staff(ticket.state, stands),
        "turn": labels.STAFF_TURNS[stands.turn],
        "next_step": _next_step(stands, is_request=asked is not None, may_answer=may_answer, appeal=appeal),
        "sentence": grievance_status.sentence_for_staff(ticket, now=now),
        **_dates(ticket, stands, now=now),
        "parts": _parts(lines),
        "new_lines": [line for line in lines if presence.is_of_others(line.entry, user)][seen:]
        if seen is not None
        else [],
        **_named(ticket, lines if may_answer else []),
        "may_read": may_read,
        "may_answer": may_answer,
        "asked": asked,
        "appeal": appeal,
        "lacking": selectors.lacking_for_appeal(ticket, now=now) if is_waiting else 0,
        "is_kept_out": ticket.is_kept_out and ticket.state != TicketState.CLOSED,
        "taken": taken(ticket),
        "colleagues": presence.colleagues_at(ticket, user=user, now=now) if may_answer else [],
        "to_person": bool(composer.acts),
        "reached": labels.REACHED[notifications.way_to(ticket)],
        "may_note": access.allowed(user, GrievancePermission.TICKET_NOTE),
        "legacy": TicketTakeOverLine.objects.select_related("take_over").filter(ticket=ticket).first(),
        "contacts": _masked(ticket),
        "language": dict(public.LANGUAGES).get(ticket.language, ticket.language),
        "others": selectors.others_of(ticket)[:10],
        "linked": triage.linked(ticket),
        "answer_texts": reply_templates.fit_for(ticket.kind),
        "composer": composer,
    }


def composer_of(request: HttpRequest, ticket: Ticket, data: Any = None) -> ComposerForm:
    """The composer: empty and to the person, where this login may write to them; or with what was sent."""
    appeal = selectors.appeal_of(ticket)
    user: Any = request.user
    return ComposerForm(
        data,
        initial={"to": ComposerForm.TO_PERSON, "once": uuid4(), "seen": presence.lines_of_others(ticket, user=user)},
        appeal=appeal,
        keys=not request.session.get(KEYS_OFF, False),
        acts=_acts(request, ticket, is_on_appeal=appeal is not None and appeal.outcome == AppealOutcome.WAITING),
        late=_is_answered_late_here(ticket),
    )


def _acts(request: HttpRequest, ticket: Ticket, *, is_on_appeal: bool) -> list[str]:
    """What a message of this login to the person may do now; nothing where only a note can be saved."""
    form = ComposerForm
    if not may_write_to_person(request, ticket):
        return []
    if selectors.is_request(ticket):  # two people answer it, on its own page
        return [form.ASK, form.REPLY, form.STAY] if ticket.state in OPEN_STATES else []
    if ticket.state not in OPEN_STATES:
        return [form.CORRECT]
    return [*([form.CHANGED, form.STAYS] if is_on_appeal else [form.PROPOSE]), form.ASK, form.REPLY, form.STAY]


def may_write_to_person(request: HttpRequest, ticket: Ticket) -> bool:
    """A closed grievance takes notes only: the person opens it again, or it stays as it is. So does one on appeal from
    whoever answered before.
    """
    if ticket.state == TicketState.CLOSED or ticket.is_kept_out:
        return False
    return access.allowed(request.user, GrievancePermission.TICKET_ANSWER)


def _next_step(stands: Standing, *, is_request: bool, may_answer: bool, appeal: Appeal | None) -> Any:
    """One next step, for whoever reads: who may answer is told to answer, not to find somebody who does."""
    if appeal is not None and appeal.outcome == AppealOutcome.WAITING and stands.staff != StaffAction.WAIT:
        return labels.DECIDE_APPEAL
    step = StaffAction.ANSWER if may_answer and stands.staff == StaffAction.ASSIGN else stands.staff
    return (labels.STAFF_ACTIONS_OF_REQUEST if is_request else labels.STAFF_ACTIONS)[step]


def _dates(ticket: Ticket, stands: Standing, *, now: datetime) -> dict[str, Any]:
    """The deadlines: the one whose date the sentence names, with its rule; those that run beside it; those that ended."""
    rows = selectors.all_deadlines(ticket, now=now)
    running = [row for row in rows if not row.state.is_stopped]
    owners = selectors.answer_owners(ticket)
    named = [row for row in running if row.clock.due_at == stands.due_at and row.clock.owner in owners]
    deadline: DeadlineInWords | None = named[0] if named else None
    return {
        "deadline": deadline,
        "other_deadlines": [row for row in running if row is not deadline],
        "ended_deadlines": [row for row in rows if row.state.is_stopped],
    }


def _parts(lines: Sequence[Line]) -> list[Part]:
    """The thread as it is read: what the portal did in between is folded, and says how many lines it is."""
    found: list[Part] = []
    for is_portal, group in groupby(lines, key=lambda line: line.entry.author == Author.PORTAL and not line.texts):
        each = list(group)
        found += [Part(True, each)] if is_portal else [Part(False, [line]) for line in each]
    return found


def _named(ticket: Ticket, lines: Sequence[Line]) -> dict[str, Any]:
    """The documents that the person names in these lines, and whether it is known here who wrote."""
    documents = thread_access.references_named(lines, "DO")
    return {
        "documents": [(named, _document_url(ticket, named)) for named in documents],
        "is_known": bool(documents) and bool(people.known_people(ticket.subject_ref)),
    }


def _document_url(ticket: Ticket, reference: str) -> str:
    """Where a document that the person named is opened for their grievance: KYC asks once more who, and writes it down."""
    asked = urlencode({"document": reference, "ticket": ticket.reference})
    return f"{reverse('admin:kyc_document_for_grievance')}?{asked}"


def _is_answered_late_here(ticket: Ticket) -> bool:
    """Whether an answer written on this page has to say why it is late; one to a request about data is not written here."""
    return not selectors.is_request(ticket) and ticket_deadlines.is_late(ticket, at=clock.now())


def _masked(ticket: Ticket) -> list[tuple[str, str, bool]]:
    verified = {contact.kind: contact.verified_at is not None for contact in ticket.contacts.all()}
    return [
        (str(labels.CONTACT_KINDS[kind]), addresses.mask(kind, address), verified[kind])
        for kind, address in intake.addresses_of(ticket).items()
    ]
