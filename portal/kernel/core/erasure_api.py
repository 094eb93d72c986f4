"""How a room lets go of personal data. Rooms register an eraser in ``ports.erasers``; ``portal.kernel.retention`` calls it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from portal.kernel.core.clock import day

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Kept:
    """How many records of one subject an eraser would end."""

    subject_ref: UUID
    count: int


@dataclass(frozen=True)
class Record:
    """One record of a subject, or several of one day: what a decision on keeping it needs.

    ``began_at`` is the event that the class counts from, None while that has not come. ``about`` is the record's label
    ("kyc.document:DC-..."), empty where several stand together. ``by_wish``: its class counts from the end of the relation; a
    person's wish brings that, and an end that comes after the wish does not begin the time anew.
    """

    subject_ref: UUID
    began_at: datetime | None
    count: int = 1
    about: str = ""
    by_wish: bool = False


def of_days(rows: Iterable[tuple[UUID | None, datetime | None]]) -> Iterator[Record]:
    """One record for each subject and day (in India) of many pairs of subject and start; the day's last start counts.

    What is nobody's is left out.
    """
    found: dict[tuple[UUID, date | None], Record] = {}
    for ref, began in rows:
        if ref is None:
            continue
        place = (ref, day(began) if began is not None else None)
        known = found.get(place)
        last = began if known is None or known.began_at is None or began is None else max(began, known.began_at)
        found[place] = Record(ref, last, known.count + 1 if known is not None else 1)
    yield from found.values()


def in_order(erasers: Iterable["Eraser"]) -> list["Eraser"]:
    """By name; last those that let go of what others still need to find their rows (``comes_last``)."""
    return sorted(erasers, key=lambda one: (getattr(one, "comes_last", False), str(one.name)))


@dataclass(frozen=True)
class FieldPart:
    """Fields that can end while their record stays: what they are for the person, whose rows hold them, and how they are ended.

    ``rows`` gives the rows of a subject in which some of the fields is still there. ``is_named``: whether the person reads its
    label, which they do only where they have such rows.
    """

    label: object
    fields: frozenset[str]
    rows: Callable[[UUID], "QuerySet[Any]"]
    end: Callable[["QuerySet[Any]"], Any]
    is_named: bool = True


def parts_of(eraser: "Eraser", fields: Iterable[str]) -> list[FieldPart]:
    """The parts of an eraser all of whose fields are among these; none for an eraser that ends whole records only."""
    wanted = set(fields)
    return [part for part in getattr(eraser, "parts", ()) if part.fields <= wanted]


def count_fields(eraser: "Eraser", *, subject_ref: UUID, fields: Iterable[str]) -> int:
    """How many rows of the subject still hold some of these fields. Reads only."""
    return sum(part.rows(subject_ref).count() for part in parts_of(eraser, fields))


def erase_fields(eraser: "Eraser", *, subject_ref: UUID, fields: Iterable[str]) -> int:
    """End these fields of the subject's rows, in the caller's transaction; how many rows held some of them."""
    ended = 0
    for part in parts_of(eraser, fields):
        rows = part.rows(subject_ref)
        ended += rows.count()
        part.end(rows)
    return ended


def erase(eraser: "Eraser", *, subject_ref: UUID, before: datetime | None, spared: Iterable[str] | None) -> int:
    """``Eraser.erase`` but for the records with these labels, which only an eraser that ``spares`` can leave.

    In the caller's transaction. Raises TypeError where labels are given and the eraser cannot leave them.
    """
    labels = frozenset(spared or ())
    if not labels:
        return eraser.erase(subject_ref=subject_ref, before=before)
    return eraser.erase(subject_ref=subject_ref, before=before, spared=labels)  # type: ignore[call-arg]


class Eraser(Protocol):
    """Ends the personal data of one retention class in one room.

    ``name`` is stable and stands on certificates ("outbox.texts"); ``covers`` names models ("outbox.MessageBody"): a
    system check (retention.E001) finds personal models that no eraser covers. What an eraser ends is gone: rows are
    deleted, or their key is shredded; references, hashes and times stay. ``parts``, where an eraser has them, are the fields
    that end by themselves while a rule keeps others of the same record (``FieldPart``). One with ``spares`` takes
    ``spared`` in ``erase``: labels of records that stay while others that began on the same day end.
    """

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> object: ...
    @property
    def retention_class(self) -> str: ...
    @property
    def covers(self) -> tuple[str, ...]: ...

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Subjects with records whose period began before ``before``, by the event that the class counts from.

        Reads only, in any order, without opening a transaction.
        """
        ...

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        """Every record that these subjects have here now, at its end or not. Reads only."""
        ...

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """End one subject's records, those that began before ``before`` or all; in the caller's transaction.

        Returns how many ended; 0 when it was done before (a run may be repeated).
        """
        ...
