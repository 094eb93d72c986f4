"""Open grievances of an old system: a CSV or XLSX list, each of whose lines becomes a grievance here.

Each grievance of the old system is taken over once. Its clocks count from the receipt there, under the rules of that day;
who was told there that it arrived is not told again, only where it goes on. How a list is tried and taken is
``portal.kernel.people.services.legacy_imports``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO, Final
from uuid import UUID, uuid5

from django.conf import settings
from django.utils.translation import gettext_lazy

from grievances.base.choices import Author, Door, EntryKind, ForWhom, TicketKind
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.legacy_imports.models import TicketTakeOver, TicketTakeOverLine
from grievances.legacy_imports.services import legacy_files
from grievances.tickets.services import intake, notifications, thread_entries
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, clock, pii_guard, time_range
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.people.choices import ContactKind, SubjectKind
from portal.kernel.people.services import subjects
from portal.kernel.people.services.legacy_imports import TakeOvers, fault

REQUIRED: Final = ("old_reference", "received_at", "kind", "what_happened")
COLUMNS: Final = (*REQUIRED, "email", "phone", "language", "door", "wanted", "acknowledged_at", "history")
#: Technical limits of a list.
MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 16 * 1024 * 1024
LONGEST_STORY: Final = 10_000
LONGEST_REFERENCE: Final = int(TicketTakeOverLine._meta.get_field("old_reference").max_length or 0)
#: Names of grievances of old systems in it are filing keys.
_OLD: Final = UUID("b7b8a3c0-0e67-4f0e-8d7a-2f6a9a6f2f11")


@dataclass(frozen=True)
class Old:
    """A line that is in order."""

    reference: str
    received_at: datetime
    acknowledged_at: datetime | None
    story: intake.Story
    reach: intake.Reach
    history: str


class Lists(TakeOvers[TicketTakeOver, legacy_files.Row]):
    """Lists of open grievances. A place is a grievance of the old system."""

    model = TicketTakeOver
    name = "grievances.take_over"
    letters = "TT"
    permission = GrievancePermission.TICKET_BRING
    kind = AuditKind.GRIEVANCES_TAKE_OVER_MOVED
    trying = gettext_lazy("Trying grievances of an old system")
    taking = gettext_lazy("Legacy grievance import")

    def lines(self, row: TicketTakeOver, stream: BinaryIO) -> Iterator[legacy_files.Row]:
        yield from legacy_files.read(
            f"list.{row.file_format}",
            stream.read(MOST_BYTES + 1),
            columns=COLUMNS,
            required=REQUIRED,
            most_rows=MOST_ROWS,
            most_bytes=MOST_BYTES,
        )

    def try_line(self, row: TicketTakeOver, line: legacy_files.Row) -> str:
        return _new(row, line).reference

    def take_line(self, row: TicketTakeOver, line: legacy_files.Row, actor: Actor) -> dict[str, Any]:
        old = _new(row, line)
        return {"ticket": _filed(row, old, actor), "old_reference": old.reference}


LISTS = Lists()
take_in, give_up, sweep = LISTS.take_in, LISTS.give_up, LISTS.sweep


def bring(*, origin: str, name: str, content: BinaryIO, actor: Actor, now: datetime) -> TicketTakeOver:
    """Keep a list encrypted and have every line of it tried, in one transaction. Nothing is taken over by that.

    Raises what ``TakeOvers.bring`` does; Refused for a list that cannot be read or names other columns (``legacy_files.read``).
    """
    row = TicketTakeOver(origin=origin, file_format=PurePath(name).suffix.lower().lstrip("."))
    return LISTS.bring(row, content, actor=actor, now=now)


def _new(row: TicketTakeOver, line: legacy_files.Row) -> Old:
    """The line as it would be filed. Raises Refused as ``_checked`` does, and where it was taken over before."""
    old = _checked(line, now=clock.now())
    if Ticket.objects.filter(filing_key=_key(row, old.reference)).exists():
        raise fault("THERE_ALREADY")
    return old


def _checked(line: legacy_files.Row, *, now: datetime) -> Old:
    """Raises Refused with the code of what is wrong (``labels.FAULTS``)."""
    reference = line["old_reference"]
    if not reference or len(reference) > LONGEST_REFERENCE or pii_guard.names_a_person(reference):
        raise fault("OLD_REFERENCE")
    received_at = _moment(line["received_at"], "RECEIVED")
    if received_at is None or received_at > now:
        raise fault("RECEIVED")
    acknowledged_at = _moment(line.get("acknowledged_at", ""), "ACKNOWLEDGED")
    if acknowledged_at is not None and not received_at <= acknowledged_at <= now:
        raise fault("ACKNOWLEDGED")
    kind = line["kind"]
    if kind == TicketKind.REQUEST:
        raise fault("REQUEST")
    language = line.get("language", "") or "en"
    for value, known, code in ((kind, set(TicketKind), "KIND"), (language, set(dict(settings.LANGUAGES)), "LANGUAGE")):
        if value not in known:
            raise fault(code)
    email, phone = (_address(each, line.get(each, "")) for each in (ContactKind.EMAIL, ContactKind.PHONE))
    if not email and not phone:
        raise fault("NO_ADDRESS")
    door = line.get("door", "") or (Door.EMAIL if email else Door.PHONE)
    if door not in set(Door):
        raise fault("DOOR")
    happened = line["what_happened"][:LONGEST_STORY]
    if not happened:
        raise fault("NO_WORDS")
    return Old(
        reference=reference,
        received_at=received_at,
        acknowledged_at=acknowledged_at,
        story=intake.Story(
            kind=kind, for_whom=ForWhom.SELF, what_happened=happened, wanted=line.get("wanted", "")[:LONGEST_STORY]
        ),
        reach=intake.Reach(language=language, email=email, phone=phone, door=door),
        history=line.get("history", "")[:LONGEST_STORY],
    )


def _filed(row: TicketTakeOver, old: Old, actor: Actor) -> Ticket:
    """File one in the caller's transaction, with what the old system knew of it as an internal note."""
    now = clock.now()
    filed = intake.file_ticket(
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
        thread_entries.add(
            filed.ticket, EntryKind.NOTE, author=Author.STAFF, actor=actor, at=now, texts=texts, internal=True
        )
    if old.acknowledged_at is not None:
        notifications.tell(
            filed.ticket, "taken_over", about="taken_over", now=now, context={"old_reference": old.reference}
        )
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
        raise fault(code) from None


def _address(kind: str, typed: str) -> str:
    if not typed:
        return ""
    try:
        return addresses.normalise(kind, typed)
    except Refused:
        raise fault("ADDRESS") from None
