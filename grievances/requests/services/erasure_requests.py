"""Erasing at a person's wish: what no law, hold or dispute keeps goes, record by record; the letter says what stays and why.

The request's own ticket stays: it is the proof that it was answered, and has a period of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID, uuid4

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from grievances.base import selectors
from grievances.base.choices import Author, EntryKind, TicketState
from grievances.base.models.data_copies import RequestProposal
from grievances.base.models.requests import RightsRequest
from grievances.base.request_choices import DECIDED, Right
from grievances.requests.services import data_copies
from grievances.tickets.services import notifications, thread_entries
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.erasure_api import FieldPart, Record, parts_of
from portal.kernel.people.models import Principal
from portal.kernel.registers.entries.services.register_tasks import Duty
from portal.kernel.retention import labels as retention_labels
from portal.kernel.retention import retention_decisions
from portal.kernel.retention import selectors as retention
from portal.kernel.retention.choices import Cause, ItemState
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.retention_decisions import Decided
from portal.kernel.retention.rules import Why
from portal.kernel.retention.services import person_erasure
from portal.kernel.retention.services.profile_tasks import profile_task

WORKER = system("grievances.ending")
#: The eraser of what was written in grievances and requests (``grievances.erasure``).
TEXTS = "grievances.texts"


def plan(request: RightsRequest, *, at: datetime) -> list[Decided]:
    """A verdict for each record of the person whose data it is, but for the request itself. Raises Refused (WHOSE)."""
    ticket = request.ticket
    found = retention_decisions.decide(
        data_copies.data_refs(request), now=at, asked_at=ticket.received_at, reply_on=selectors.reply_on(ticket)
    )
    return [each for each in found if each.record.subject_ref != ticket.subject_ref]


def list_profile_tasks(*, now: datetime) -> Iterator[Duty]:
    """Registered in ``ports.duties``: each request to erase that is not answered while a question of the profile is open, due on
    the day that the answer names for the decision. Reads only.
    """
    today = clock.day(now)
    if not retention.open_questions(on=today):
        return
    waiting = RightsRequest.objects.filter(right=Right.ERASURE, decided_at=None).select_related("ticket").order_by("pk")
    for request in waiting.exclude(ticket__state=TicketState.CLOSED):
        due_on = selectors.reply_on(request.ticket)
        if due_on is not None:
            asked_on = clock.day(request.ticket.received_at)
            by = retention_decisions.day_of_decision(
                asked_on, due_on, days=retention_decisions.days_before_reply(on=today)
            )
            yield profile_task(RightsRequest._meta.label_lower, request.pk, request.ticket.reference, due_on=by)


def is_partial(decided: Iterable[Decided]) -> bool:
    """Whether the person reads that something is kept. What only a hold or an order keeps does not count: the answer itself
    would tell of it.
    """
    return any(each.verdict.is_said_kept for each in decided)


def count_held(decided: Iterable[Decided]) -> int:
    """How many records stay only because of a hold or an order, of which the letter says nothing; for staff."""
    return sum(each.record.count for each in decided if each.verdict.is_kept and not each.verdict.is_said_kept)


@dataclass(frozen=True)
class Outline:
    """What ends with an erasure and what stays, in the person's language: a line for each kind, the second with its reason."""

    gone: tuple[str, ...]
    kept: tuple[str, ...]


def own_record(*, closes_on: date | None, at: datetime) -> str:
    """Why the request itself stays, with our answer, and until when, in the active language: its period counts from the day on
    which it is closed, which is taken to be the day by which we answer. Preview and letter say the same; the row stays.
    """
    closes = closes_on or clock.day(at)
    eraser = next(each for each in ports.erasers if each.name == TEXTS)
    found = retention_decisions.decide_record(
        eraser, Record(uuid4(), datetime.combine(closes, time(12), clock.IST)), now=at
    )
    if found is None or not found.verdict.is_said_kept:
        return ""
    what = _("This request and our answer, counted from %(day)s as the day on which it is closed")
    return retention_labels.sentence(
        found.verdict, what % {"day": date_format(closes, "j F Y")}, decision=found.decision
    )


def outline(
    decided: Iterable[Decided], *, language: str, closes_on: date | None = None, at: datetime | None = None
) -> Outline:
    """What goes and what stays, each with the law and its day, and what of it goes all the same.

    The preview before a request is sent and the letter that answers it are both made of this, and both name the request
    itself, which stays too: ``closes_on`` is the day by which it is answered; without ``at`` it is left out. A hold and an order change nothing of it: both
    say that such things may keep single items for longer.
    """
    plan = list(decided)
    with translation.override(language):
        kept = {each.what for each in plan if each.verdict.is_said_kept}
        gone = dict.fromkeys(
            _("%(what)s, but for what is named below") % {"what": each.what} if each.what in kept else each.what
            for each in plan
            if not each.verdict.is_said_kept
        )
        stays = dict.fromkeys(sentence for some in _by_place(plan) for sentence in _sentences(some))
        own = own_record(closes_on=closes_on, at=at) if at is not None else ""
        return Outline(tuple(gone), (*stays, *([own] if own else [])))


def letter_lines(
    decided: Iterable[Decided], *, language: str, closes_on: date | None = None, at: datetime
) -> list[str]:
    """The outline as the letter says it."""
    found = outline(decided, language=language, closes_on=closes_on, at=at)
    with translation.override(language):
        lines = [_("We erase:"), *(f"- {what}" for what in found.gone)] if found.gone else []
        if found.kept:
            lines += [_("We keep, and explain why:"), *(f"- {sentence}" for sentence in found.kept)]
        if not lines:
            return [_("We have nothing about you that could be erased.")]
        return [*lines, _("A duty of law or a legal claim may keep single items for longer than this list says.")]


def preview(principal: Principal, *, reply_on: date | None, at: datetime) -> list[Decided]:
    """The plan of a request that this person would send now, before it exists. Whoever signs in can open it at any time: its
    ``outline`` does not show when a hold or an order comes or ends. Reads only.
    """
    return retention_decisions.decide(
        retention_decisions.refs_of_person(principal.subject.ref), now=at, asked_at=at, reply_on=reply_on
    )


def preview_of_anyone(*, reply_on: date | None, at: datetime) -> list[Decided]:
    """The same for someone of whom it is not shown who asks: what would be decided about a record of each kind that begins
    today, because what we hold of a person is for that person alone. Reads no one's records.
    """
    return retention_decisions.decide_for_anyone(now=at, asked_at=at, reply_on=reply_on)


def _by_place(decided: Iterable[Decided]) -> list[list[Decided]]:
    """The records of each room and reference together: what goes of their fields is the same for all of them."""
    places: dict[tuple[str, UUID], list[Decided]] = {}
    for each in decided:
        places.setdefault((each.eraser.name, each.record.subject_ref), []).append(each)
    return list(places.values())


def _sentences(some: list[Decided]) -> list[str]:
    """Why each record of one place stays, with what of it goes although it stays: the same words with a hold and without."""
    parts = _parts_going(some, without_holds=True)
    going = ", ".join(str(part.label) for part in parts if part.is_named)
    more = (
        " " + _("Of this we erase, as soon as nothing else keeps it: %(fields)s.") % {"fields": going} if going else ""
    )
    kept = (each for each in some if each.verdict.is_said_kept)
    return [each.sentence + (more if each.verdict.said.why is Why.LAW else "") for each in kept]


def _parts_going(some: list[Decided], *, without_holds: bool = False) -> list[FieldPart]:
    first = some[0]
    parts = parts_of(first.eraser, retention_decisions.fields_going(some, without_holds=without_holds))
    return [part for part in parts if part.rows(first.record.subject_ref).exists()]


def in_short(decided: Iterable[Decided]) -> list[list[str]]:
    """The plan as both people answer for it: names, labels, verdicts with their last day, and fields; nobody's data."""
    plan = list(decided)
    records = [
        [
            each.eraser.name,
            each.record.about,
            str(each.verdict.winner.says),
            each.verdict.winner.citation,
            each.verdict.keeper.on.isoformat() if each.verdict.is_kept and each.verdict.keeper.on else "",
        ]
        for each in plan
    ]
    parts = [[some[0].eraser.name, *sorted(part.fields)] for some in _by_place(plan) for part in _parts_going(some)]
    return sorted([*records, *parts])


def carry_out(
    request: RightsRequest, *, decided: Iterable[Decided], proposal: RequestProposal, actor: Actor, at: datetime
) -> ErasureRun:
    """Have erased what the plan says, as one run for this person, in the caller's transaction: the two people who decided
    the request have approved it. A worker carries it out; ``note_end`` hears of its end.
    """
    return person_erasure.plan(
        cause=Cause.REQUEST,
        because=request.ticket.reference,
        refs=data_copies.data_refs(request) - {request.ticket.subject_ref},
        decided=decided,
        decision=proposal,
        asked_at=request.ticket.received_at,
        now=at,
        actor=actor,
    )


def note_end(
    *,
    because: str,
    ended: Mapping[str, int],
    left: Iterable[tuple[str, str]],
    kept: int,
    is_again: bool,
    settled: frozenset[str],
    at: datetime,
) -> None:
    """Registered in ``ports.person_run_ended``. Where something stopped a part that our letter called erased, and when that
    part has ended later, and what keeps a part now that was kept until a decision which has come, the person is told; of a
    hold or an order nothing: the letter says that such a thing may keep items.
    """
    request = RightsRequest.objects.select_related("ticket").filter(ticket__reference=because).first()
    if request is None:
        return
    ticket = request.ticket
    record(
        AuditKind.GRIEVANCES_REQUEST_ERASED,
        actor=WORKER,
        about=ticket.about,
        facts={"reference": because, "request": request.right, "erased": sum(ended.values()), "kept": kept},
        subject_ref=ticket.subject_ref,
        at=at,
    )
    told = [name for name in ended if name in retention.rooms_left_aloud(because, on=clock.day(at))] if is_again else []
    text = _news(told, list(left), language=ticket.language)
    if settled:
        text = "\n".join([*([text] if text else []), *_decided_lines(request, settled, at=at)])
    if text:
        entry = thread_entries.add(
            ticket, EntryKind.REPLY, author=Author.PORTAL, actor=WORKER, at=at, texts={"text": text}
        )
        if entry is not None:
            notifications.tell(ticket, "replied", about=f"line/{entry.pk}", now=at)


def kept_now(request: RightsRequest, *, at: datetime) -> tuple[str, ...]:
    """What of the rooms of which our answer kept something is kept today, and why; in the active language. Reads only.

    A hold and an order change nothing of it (``outline``): the page can be opened at any time, and does not show when one comes
    or ends.
    """
    if request.right != Right.ERASURE or request.state not in DECIDED:
        return ()
    rooms = retention.rooms_kept(request.ticket.reference)
    return _kept_of(request, rooms, at=at, language=translation.get_language() or "en") if rooms else ()


def _kept_of(request: RightsRequest, rooms: frozenset[str], *, at: datetime, language: str) -> tuple[str, ...]:
    ticket = request.ticket
    found = retention_decisions.decide(
        data_copies.data_refs(request) - {ticket.subject_ref},
        now=at,
        asked_at=ticket.received_at,
        reply_on=selectors.reply_on(ticket),
    )
    in_rooms = (each for each in found if each.eraser.name in rooms)
    return outline(in_rooms, language=language).kept


def _decided_lines(request: RightsRequest, settled: frozenset[str], *, at: datetime) -> list[str]:
    """That a question our answer left open is decided, and why each part of it stays now."""
    language = request.ticket.language
    kept = _kept_of(request, settled, at=at, language=language)
    with translation.override(language):
        said = _("We have decided what our answer left open. This we still keep:")
    return [said, *(f"- {sentence}" for sentence in kept)] if kept else []


def _news(ended: Iterable[str], left: Iterable[tuple[str, str]], *, language: str) -> str:
    labels = {str(eraser.name): eraser.label for eraser in ports.erasers}
    with translation.override(language):
        gone = [f"- {labels[name]}" for name in sorted(ended)]
        told = [(name, state) for name, state in left if state != ItemState.HELD]
        stays = dict.fromkeys(retention_labels.left(state, str(labels[name])) for name, state in told)
        said = [_("Erased by now:"), *gone] if gone else []
        if stays:
            said += [_("Not everything could be erased so far:"), *(f"- {sentence}" for sentence in stays)]
        return "\n".join(said)
