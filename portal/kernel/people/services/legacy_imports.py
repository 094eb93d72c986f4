"""Files of an old system: what was brought is tried line by line, then taken in by a job.

Each line is one transaction of its own, with the row that says what became of it: a job may be cancelled, die, run twice or
go on later, and each line is taken once.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Generic, TypeVar
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock, ids, pii_guard
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, PortalError, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.job_types import Handle
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.choices import TAKE_OVER_MOVES, TakeOverState
from portal.kernel.people.models.legacy_imports import TakeOverLineModel, TakeOverModel
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files

LONGEST_ORIGIN = int(TakeOverModel._meta.get_field("origin").max_length or 0)
LONGEST_FAULT = int(TakeOverLineModel._meta.get_field("fault").max_length or 0)

Row = TypeVar("Row", bound=TakeOverModel)
Line = TypeVar("Line")


def fault(code: str) -> Refused:
    """What is wrong with a line; a room has the words of the code for the page of staff."""
    return Refused(code, code=code)


@dataclass(frozen=True)
class LineJob:
    """A kind of long work: registered in ``ports.job_kinds``."""

    name: str
    label: Any
    work: Callable[[str, Handle], None]

    def run(self, handle: Handle) -> None:
        """The work, for the take-over that the job's parameters name."""
        self.work(str(handle.parameters["take_over"]), handle)


class TakeOvers(ABC, Generic[Row, Line]):
    """How one room takes files of old systems over: it says where they stand, how one is read, and what becomes of a line."""

    model: type[Row]
    #: Its jobs, its files, what its audit events are about and who acts in them are called so.
    name: str
    #: The kind of its references.
    letters: str
    permission: str
    kind: AuditKind
    #: What its two jobs are called for staff.
    trying: Any
    taking: Any

    @abstractmethod
    def lines(self, row: Row, stream: BinaryIO) -> Iterator[Line]:
        """The lines of a file in their order. Raises Refused for what is no such file, has no line or has too many."""

    @abstractmethod
    def try_line(self, row: Row, line: Line) -> Hashable:
        """Whose place a line takes, which no second line of the file may take; nothing is written.

        Raises PortalError with the code of what is wrong with it now.
        """

    @abstractmethod
    def take_line(self, row: Row, ready: Any, actor: Actor) -> dict[str, Any]:
        """Take in what ``ready`` gives, in the caller's transaction: the columns of its result.

        Raises PortalError as ``try_line`` does.
        """

    @contextlib.contextmanager
    def ready(self, row: Row, line: Line) -> Iterator[Any]:
        """What is done with a line before its transaction opens, because it may be long; ends with the transaction.

        Raises PortalError as ``try_line`` does.
        """
        yield line

    def require_new(self, row: Row) -> None:
        """Raises Refused for a file that may not be brought again; its SHA-256 is known. In the caller's transaction."""

    @property
    def job_kinds(self) -> tuple[LineJob, LineJob]:
        """The dry run, and the taking in."""
        return (
            LineJob(f"{self.name}.try", self.trying, self._try_lines),
            LineJob(f"{self.name}.take", self.taking, self._take_lines),
        )

    def bring(self, row: Row, content: BinaryIO, *, actor: Actor, now: datetime) -> Row:
        """Keep a file encrypted and have every line of it tried: nothing is taken in by that.

        ``row`` is new and says of which old system it is, in the clear and for years. It is saved in one transaction with
        its file, its job and its audit event. Raises NotAllowed without the permission; Refused without an origin or with
        one that is too long (ORIGIN) or tells who a person is (NUMBER_IN_WORDS), and for what ``lines`` refuses.
        """
        row.brought_by, row.brought_at = person_of(actor), now
        access.require(row.brought_by, self.permission)
        row.origin = " ".join(without_hiding_marks(row.origin).split())
        if not row.origin or len(row.origin) > LONGEST_ORIGIN:
            said = _("Name the old system, in at most %(count)d characters.")
            raise Refused(said % {"count": LONGEST_ORIGIN}, code="ORIGIN")
        pii_guard.require_plain(row.origin)
        row.lines = sum(1 for _line in self.lines(row, content))
        content.seek(0)
        row.reference, row.file_ref = ids.new_reference(self.letters), uuid4()
        with files.encrypted(content) as bytes_of, access.acting(row.brought_by, self.permission):
            row.sha256 = bytes_of.sha256
            self.require_new(row)
            row.file = files.keep(
                bytes_of, subject_ref=row.file_ref, retention_class=RetentionClass.EXPORT, kind=self.name, actor=actor
            )
            row.job = self._start("try", row, actor)
            row.save(force_insert=True)
            self._note(row, actor, now)
        return row

    def take_in(self, row: Row, *, actor: Actor, now: datetime) -> None:
        """Begin to take in what is in order, or go on where a cancelled or failed job stopped.

        Raises NotAllowed without the permission, IllegalMove for one that is being worked on or has ended.
        """
        access.require(person_of(actor), self.permission)
        with access.acting(person_of(actor), self.permission):
            rows = self.model._default_manager.select_for_update(of=("self",)).select_related("job")
            row.refresh_from_db(from_queryset=rows)
            if row.job.state not in FINISHED or row.has_ended:
                raise IllegalMove(_("There is nothing to import now."))
            job = self._start("try" if row.state == TakeOverState.TRYING else "take", row, actor)
            if row.state == TakeOverState.TRIED:
                row.results.all().delete()
                move(row, TakeOverState.TAKING, moves=TAKE_OVER_MOVES, job=job)
            else:
                row.job = job
                row.save(update_fields=["job"])
            self._note(row, actor, now)

    def give_up(self, row: Row, *, actor: Actor, now: datetime) -> None:
        """Destroy the file. What was taken in stays. Raises NotAllowed, and IllegalMove for one that has ended."""
        access.require(person_of(actor), self.permission)
        with access.acting(person_of(actor), self.permission):
            self._end(row, TakeOverState.GIVEN_UP, actor, now)

    def sweep(self, *, now: datetime) -> int:
        """Give up what nobody took in for as long as a job's result lies here. Returns how many. Safe to repeat."""
        waiting = self.model._default_manager.exclude(state__in=(TakeOverState.DONE, TakeOverState.GIVEN_UP))
        if not waiting.exists():
            return 0
        life = house_rule("jobs.result_life", on=clock.day(now)).duration
        old = list(waiting.filter(brought_at__lt=now - life, job__state__in=FINISHED).order_by("pk"))
        for row in old:
            self._end(row, TakeOverState.GIVEN_UP, self._worker, now)
        return len(old)

    def _try_lines(self, reference: str, handle: Handle) -> None:
        """The dry run: what is wrong with each line, by its code. Writes nothing but that."""
        row = self._row(reference, TakeOverState.TRYING)
        if row is None:
            return
        places: set[Hashable] = set()
        for number, line in self._work(row, handle):
            try:
                place = self.try_line(row, line)
                if place in places:
                    raise fault("TWICE")
                places.add(place)
            except PortalError as refused:
                row.results.update_or_create(number=number, defaults={"fault": refused.code[:LONGEST_FAULT]})
        with transaction.atomic():
            move(row, TakeOverState.TRIED, moves=TAKE_OVER_MOVES)
            self._note(row, self._worker, clock.now())

    def _take_lines(self, reference: str, handle: Handle) -> None:
        """Take in what has no row yet, each line in a transaction with its row; at the end the file is destroyed."""
        row = self._row(reference, TakeOverState.TAKING)
        if row is None:
            return
        actor = actors.staff(row.brought_by_id, via="import")
        done = set(row.results.values_list("number", flat=True))
        for number, line in self._work(row, handle):
            if number not in done:
                self._take_one(row, number, line, actor)
        self._end(row, TakeOverState.DONE, actor, clock.now())

    def _take_one(self, row: Row, number: int, line: Line, actor: Actor) -> None:
        """A line with its result. A race that was lost is no fault of the line: the job tries again."""
        try:
            with self.ready(row, line) as ready, transaction.atomic():
                row.results.create(number=number, **self.take_line(row, ready, actor))
        except LostRace:
            raise
        except PortalError as refused:
            row.results.create(number=number, fault=refused.code[:LONGEST_FAULT])

    def _work(self, row: Row, handle: Handle) -> Iterator[tuple[int, Line]]:
        """Each line with its number in the file: the heading is line 1."""
        with files.open_seekable(row.file, actor=self._worker, reason="take_over") as stream:
            for count, line in enumerate(self.lines(row, stream), start=1):
                handle.raise_if_cancelled()
                yield count + 1, line
                handle.progress(count, row.lines)

    def _row(self, reference: str, state: TakeOverState) -> Row | None:
        """None where the job comes too late: another has done its work, or it was given up."""
        rows = self.model._default_manager.select_related("file")
        return rows.filter(reference=reference, state=state).first()

    def _start(self, what: str, row: Row, actor: Actor) -> Any:
        return jobs.start(kind=f"{self.name}.{what}", parameters={"take_over": row.reference}, actor=actor)

    def _end(self, row: Row, state: TakeOverState, actor: Actor, now: datetime) -> None:
        with transaction.atomic():
            move(row, state, moves=TAKE_OVER_MOVES, ended_at=now)
            files.shred(subject_ref=row.file_ref, retention_class=RetentionClass.EXPORT, actor=actor)
            self._note(row, actor, now)

    def _note(self, row: Row, actor: Actor, now: datetime) -> None:
        record(
            self.kind,
            actor=actor,
            about=f"{self.name}:{row.reference}",
            facts={
                "reference": row.reference,
                "state": str(row.state),
                "sha256": row.sha256,
                "count": row.lines,
                "taken": row.taken().count(),
                "faulty": row.faulty().count(),
            },
            at=now,
        )

    @property
    def _worker(self) -> Actor:
        return actors.system(self.name)
