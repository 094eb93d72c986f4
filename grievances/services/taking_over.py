"""Open grievances of an old system: a CSV or XLSX list is tried line by line, then taken over by a job.

Each line is one transaction of its own, with the row that says what became of it: a job may be cancelled, die, run twice or
go on later, and each grievance of the old system is taken over once. Its clocks count from the receipt there, under the
rules of that day; who was told there that it arrived is not told again, only where it goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO, Final
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grievances.models import Ticket, TicketTakeOver, TicketTakeOverLine
from grievances.permissions import GrievancePermission
from grievances.services import filing, letters, lines
from grievances.states import TAKE_OVER_MOVES, Author, Door, EntryKind, ForWhom, TakeOverState, TicketKind
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import access, addresses, clock, ids, plain_words, time_range
from portal.core import actor as actors
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, PortalError, Refused
from portal.core.moves import move
from portal.core.text import without_hiding_marks
from portal.jobs import services as jobs
from portal.jobs.kinds import Handle
from portal.jobs.states import FINISHED
from portal.law.selectors import house_rule
from portal.people.services import imports, subjects
from portal.people.services.four_eyes import person_of
from portal.people.states import ContactKind, SubjectKind
from portal.vault.services import files
from portal.vault.states import RetentionClass

TRY, TAKE = "grievances.take_over.try", "grievances.take_over.take"
WORKER = actors.system("grievances.take_over")
REQUIRED: Final = ("old_reference", "received_at", "kind", "what_happened")
COLUMNS: Final = (*REQUIRED, "email", "phone", "language", "door", "wanted", "acknowledged_at", "history")
#: Technical limits of a list.
MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 16 * 1024 * 1024
LONGEST_STORY: Final = 10_000
LONGEST_ORIGIN: Final = int(TicketTakeOver._meta.get_field("origin").max_length or 0)
LONGEST_REFERENCE: Final = int(TicketTakeOverLine._meta.get_field("old_reference").max_length or 0)
#: Names of grievances of old systems in it are filing keys.
_OLD: Final = UUID("b7b8a3c0-0e67-4f0e-8d7a-2f6a9a6f2f11")


@dataclass(frozen=True)
class Old:
    """A line that is in order."""

    reference: str
    received_at: datetime
    acknowledged_at: datetime | None
    story: filing.Story
    reach: filing.Reach
    history: str


def bring(*, origin: str, name: str, content: BinaryIO, actor: Actor, now: datetime) -> TicketTakeOver:
    """Keep a list encrypted and have every line of it tried. Nothing is taken over by that.

    Raises NotAllowed without the permission; Refused for a list that cannot be read or names other columns (as
    ``imports.read`` does), without an origin or with one that tells who a person is (ORIGIN, NUMBER_IN_WORDS).
    """
    person = person_of(actor)
    access.require(person, GrievancePermission.TICKET_BRING)
    origin = " ".join(without_hiding_marks(origin).split())
    if not origin or len(origin) > LONGEST_ORIGIN:
        raise Refused(
            _("Name the old system, in at most %(count)d characters.") % {"count": LONGEST_ORIGIN}, code="ORIGIN"
        )
    plain_words.require_plain(origin)
    file_format = PurePath(name).suffix.lower().lstrip(".")
    rows = _read(file_format, content.read(MOST_BYTES + 1))
    content.seek(0)
    file_ref = uuid4()
    with transaction.atomic():
        stored = files.store(
            content,
            subject_ref=file_ref,
            retention_class=RetentionClass.EXPORT,
            kind="grievances.take_over",
            actor=actor,
        )
        reference = ids.new_reference("TT")
        row = TicketTakeOver.objects.create(
            reference=reference,
            origin=origin,
            file_format=file_format,
            sha256=stored.sha256,
            file=stored,
            file_ref=file_ref,
            job=jobs.start(kind=TRY, parameters={"take_over": reference}, actor=actor),
            brought_by=person,
            brought_at=now,
            lines=len(rows),
        )
        _note(row, actor, now)
    return row


def take_in(row: TicketTakeOver, *, actor: Actor, now: datetime) -> None:
    """Begin to take over what is in order, or go on where a cancelled or failed job stopped.

    Raises NotAllowed without the permission, IllegalMove for one that is being worked on or has ended.
    """
    access.require(person_of(actor), GrievancePermission.TICKET_BRING)
    with transaction.atomic():
        current = TicketTakeOver.objects.select_for_update(of=("self",)).select_related("job").get(pk=row.pk)
        if current.job.state not in FINISHED or not TAKE_OVER_MOVES[current.state]:
            raise IllegalMove(_("There is nothing to take in now."))
        kind = TRY if current.state == TakeOverState.TRYING else TAKE
        job = jobs.start(kind=kind, parameters={"take_over": row.reference}, actor=actor)
        if current.state == TakeOverState.TRIED:
            TicketTakeOverLine.objects.filter(take_over=row, ticket=None).delete()
            move(current, TakeOverState.TAKING, moves=TAKE_OVER_MOVES, job=job)
        else:
            TicketTakeOver.objects.filter(pk=row.pk).update(job=job)
        row.refresh_from_db()
        _note(row, actor, now)


def give_up(row: TicketTakeOver, *, actor: Actor, now: datetime) -> None:
    """Destroy the list. What was taken over stays. Raises NotAllowed, and IllegalMove for one that has ended."""
    access.require(person_of(actor), GrievancePermission.TICKET_BRING)
    with transaction.atomic():
        _end(row, TakeOverState.GIVEN_UP, actor, now)


def sweep(*, now: datetime) -> int:
    """Give up lists that nobody took in for as long as a job's result lies here. Returns how many. Safe to repeat."""
    waiting = TicketTakeOver.objects.exclude(state__in=(TakeOverState.DONE, TakeOverState.GIVEN_UP))
    if not waiting.exists():
        return 0
    life = house_rule("jobs.result_life", on=clock.day(now)).duration
    old = list(waiting.filter(brought_at__lt=now - life, job__state__in=FINISHED).order_by("pk"))
    for row in old:
        with transaction.atomic():
            _end(row, TakeOverState.GIVEN_UP, WORKER, now)
    return len(old)


def try_lines(reference: str, handle: Handle) -> None:
    """The dry run: what is wrong with each line, by its code. Writes nothing but that."""
    row = TicketTakeOver.objects.select_related("file").filter(reference=reference, state=TakeOverState.TRYING).first()
    if row is None:
        return
    seen: set[str] = set()
    for number, line in _work(row, handle):
        old, fault = _tried(row, line)
        if old is not None:
            fault = "TWICE" if old.reference in seen else fault
            seen.add(old.reference)
        if fault:
            TicketTakeOverLine.objects.update_or_create(take_over=row, number=number, defaults={"fault": fault})
    with transaction.atomic():
        move(row, TakeOverState.TRIED, moves=TAKE_OVER_MOVES)
        _note(row, WORKER, clock.now())


def take_lines(reference: str, handle: Handle) -> None:
    """Take over what has no row yet, each line in a transaction with its row; at the end the list is destroyed."""
    row = TicketTakeOver.objects.select_related("file", "brought_by").filter(reference=reference).first()
    if row is None or row.state != TakeOverState.TAKING:
        return
    actor = actors.staff(row.brought_by_id, via="import")
    done = set(TicketTakeOverLine.objects.filter(take_over=row).values_list("number", flat=True))
    for number, line in _work(row, handle):
        if number in done:
            continue
        with transaction.atomic():
            old, fault = _tried(row, line)
            ticket = _filed(row, old, actor) if old is not None and not fault else None
            TicketTakeOverLine.objects.create(
                take_over=row,
                number=number,
                fault=fault,
                ticket=ticket,
                old_reference=old.reference if old is not None and ticket is not None else "",
            )
    with transaction.atomic():
        _end(row, TakeOverState.DONE, actor, clock.now())


def _read(file_format: str, content: bytes) -> list[imports.Row]:
    return imports.read(
        f"list.{file_format}", content, columns=COLUMNS, required=REQUIRED, most_rows=MOST_ROWS, most_bytes=MOST_BYTES
    )


def _work(row: TicketTakeOver, handle: Handle) -> Iterator[tuple[int, imports.Row]]:
    with files.open_stream(row.file, actor=WORKER, reason="take_over") as stream:
        rows = _read(row.file_format, stream.read())
    for count, line in enumerate(rows, start=1):
        handle.raise_if_cancelled()
        yield count + 1, line
        handle.progress(count, row.lines)


def _tried(row: TicketTakeOver, line: imports.Row) -> tuple[Old | None, str]:
    """The line as it would be filed, and the code of what is wrong with it; nothing to file where its values are no good."""
    try:
        old = _checked(line, now=clock.now())
    except PortalError as refused:
        return None, refused.code[:40]
    there = Ticket.objects.filter(filing_key=_key(row, old.reference)).exists()
    return old, "THERE_ALREADY" if there else ""


def _checked(line: imports.Row, *, now: datetime) -> Old:
    """Raises Refused with the code of what is wrong (``takeover_words.FAULTS``)."""
    reference = line["old_reference"]
    if not reference or len(reference) > LONGEST_REFERENCE or plain_words.names_a_person(reference):
        raise _fault("OLD_REFERENCE")
    received_at = _moment(line["received_at"], "RECEIVED")
    if received_at is None or received_at > now:
        raise _fault("RECEIVED")
    acknowledged_at = _moment(line.get("acknowledged_at", ""), "ACKNOWLEDGED")
    if acknowledged_at is not None and not received_at <= acknowledged_at <= now:
        raise _fault("ACKNOWLEDGED")
    kind = line["kind"]
    if kind == TicketKind.REQUEST:
        raise _fault("REQUEST")
    language = line.get("language", "") or "en"
    for value, known, code in ((kind, set(TicketKind), "KIND"), (language, set(dict(settings.LANGUAGES)), "LANGUAGE")):
        if value not in known:
            raise _fault(code)
    email, phone = (_address(each, line.get(each, "")) for each in (ContactKind.EMAIL, ContactKind.PHONE))
    if not email and not phone:
        raise _fault("NO_ADDRESS")
    door = line.get("door", "") or (Door.EMAIL if email else Door.PHONE)
    if door not in set(Door):
        raise _fault("DOOR")
    happened = line["what_happened"][:LONGEST_STORY]
    if not happened:
        raise _fault("NO_WORDS")
    return Old(
        reference=reference,
        received_at=received_at,
        acknowledged_at=acknowledged_at,
        story=filing.Story(
            kind=kind, for_whom=ForWhom.SELF, what_happened=happened, wanted=line.get("wanted", "")[:LONGEST_STORY]
        ),
        reach=filing.Reach(language=language, email=email, phone=phone, door=door),
        history=line.get("history", "")[:LONGEST_STORY],
    )


def _filed(row: TicketTakeOver, old: Old, actor: Actor) -> Ticket:
    """File one in the caller's transaction, with what the old system knew of it as an internal note."""
    now = clock.now()
    filed = filing.file_ticket(
        filing_key=_key(row, old.reference),
        subject_ref=subjects.new(SubjectKind.STRANGER, now=now).ref,
        story=old.story,
        reach=old.reach,
        actor=actor,
        at=old.received_at,
        now=now,
        acknowledged_at=old.acknowledged_at,
    )
    if old.history:
        texts = {"text": old.history}
        lines.add(filed.ticket, EntryKind.NOTE, author=Author.STAFF, actor=actor, at=now, texts=texts, internal=True)
    if old.acknowledged_at is not None:
        letters.tell(filed.ticket, "taken_over", about="taken_over", now=now, context={"old_reference": old.reference})
    return filed.ticket


def _key(row: TicketTakeOver, reference: str) -> UUID:
    """The same grievance of the same old system has one key, whichever list names it."""
    return uuid5(_OLD, f"{row.origin.casefold()}\n{reference}")


def _moment(text: str, code: str) -> datetime | None:
    """A day begins at midnight: a clock counts from the earlier reading. Without a zone it is Indian time."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return time_range.moment(found if found.tzinfo else found.replace(tzinfo=clock.IST))
    except (ValueError, PortalError):
        raise _fault(code) from None


def _address(kind: str, typed: str) -> str:
    if not typed:
        return ""
    try:
        return addresses.normalise(kind, typed)
    except Refused:
        raise _fault("ADDRESS") from None


def _fault(code: str) -> Refused:
    return Refused(code, code=code)


def _end(row: TicketTakeOver, state: TakeOverState, actor: Actor, now: datetime) -> None:
    move(row, state, moves=TAKE_OVER_MOVES, ended_at=now)
    files.shred(subject_ref=row.file_ref, retention_class=RetentionClass.EXPORT, actor=actor)
    _note(row, actor, now)


def _note(row: TicketTakeOver, actor: Actor, now: datetime) -> None:
    record(
        AuditKind.GRIEVANCES_TAKE_OVER_MOVED,
        actor=actor,
        about=f"grievances.take_over:{row.reference}",
        facts={
            "reference": row.reference,
            "state": str(row.state),
            "sha256": row.sha256,
            "count": row.lines,
            "taken": row.results.filter(ticket__isnull=False).count(),
            "faulty": row.results.exclude(fault="").count(),
        },
        at=now,
    )


class TryJob:
    """Registered in ``hooks.job_kinds``."""

    name = TRY
    label = gettext_lazy("Trying grievances of an old system")

    def run(self, handle: Handle) -> None:
        try_lines(str(handle.parameters["take_over"]), handle)


class TakeJob:
    """Registered in ``hooks.job_kinds``."""

    name = TAKE
    label = gettext_lazy("Taking over grievances of an old system")

    def run(self, handle: Handle) -> None:
        take_lines(str(handle.parameters["take_over"]), handle)
