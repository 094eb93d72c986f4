"""The dry run: every line of a list is read as it would be taken in, and each fault is kept with its line."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO, Final

from django.db import transaction

from consent.base.rules.status_fold import YES
from consent.consent_imports.choices import LIST_MOVES, LineFault, ListState
from consent.consent_imports.models import ConsentList, ListFault
from consent.consent_imports.services import (
    audit_events,
    file_reader,
    in_file_refusals,
    line_parser,
    refusal_cooldown,
    subject_match,
)
from consent.consent_imports.services.in_file_refusals import OwnNoes
from consent.consent_imports.services.line_parser import Found, Line
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import system
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.export_columns import Column, stream_csv
from portal.kernel.jobs.job_types import Handle

CHECKER: Final = system("consent.lists.check")
#: Faults shown on the page. The job's result names them all.
MOST_SHOWN: Final = 1_000


def check(*, reference: str, handle: Handle) -> None:
    """Read the list through, first for its noes, and say where it stands: in order, or with faults. Writes no answer.

    The first faults are rows, all of them the job's result; both without what stood in the file. May run twice. Nothing
    for a list that is not being checked any more.
    """
    row = (
        ConsentList.objects.filter(reference=reference, state=ListState.CHECKING)
        .select_related("file", "fiduciary")
        .first()
    )
    if row is None:
        return
    now = clock.now()
    with OwnNoes() as own, tempfile.TemporaryFile() as told:
        in_file_refusals.gather(row, own, actor=CHECKER, handle=handle, now=now)
        count = _Count(told)
        for number, found in _read(row, own, now=now):
            count.add(number, found)
            if count.lines % in_file_refusals.STEP == 0:
                handle.progress(count.lines)
        if count.faulty:
            told.seek(0)
            handle.result(told, f"faults-{row.reference}.csv")
    handle.progress(count.lines, count.lines)
    _conclude(row, count, now)


def _read(row: ConsentList, own: OwnNoes, *, now: datetime) -> Iterator[tuple[int, Line | list[Found]]]:
    purposes = file_reader.purposes(row.fiduciary, now=now)
    every = file_reader.lines(row, actor=CHECKER)
    some: list[tuple[int, Line | list[Found]]] = []
    try:
        for number, cells in every:
            some.append((number, line_parser.read(cells, kinds=file_reader.KINDS, purposes=purposes, now=now)))
            if len(some) == in_file_refusals.STEP:
                yield from _able(row, own, some, now=now)
                some = []
    except file_reader.Unreadable as fault:
        some.append((fault.line, [Found("", fault.fault)]))
    yield from _able(row, own, some, now=now)


def _able(
    row: ConsentList, own: OwnNoes, some: Sequence[tuple[int, Line | list[Found]]], *, now: datetime
) -> Iterator[tuple[int, Line | list[Found]]]:
    """The lines, a yes among their faults that its person cannot give alone, or that comes too soon after their no."""
    agreed = [line for _number, line in some if isinstance(line, Line) and line.answer in YES]
    places = {line.address: (line.kind, line.address, tuple(addresses.address_keys(line.address))) for line in agreed}
    protected = subject_match.protected_at(row.fiduciary, list(places.values()), at=now)
    early = refusal_cooldown.too_soon(
        row, [line if isinstance(line, Line) else None for _number, line in some], now=now, own=own
    )
    for place, (number, line) in enumerate(some):
        if isinstance(line, Line) and line.answer in YES and places[line.address][2][0] in protected:
            yield number, [Found("address", LineFault.PROTECTED)]
        elif place in early:
            yield number, [Found("occurred_at", LineFault.TOO_SOON_AFTER_NO)]
        else:
            yield number, line


class _Count:
    """Lines and faults so far; the faults go to the file as they are found."""

    def __init__(self, told: BinaryIO) -> None:
        self.lines = self.faulty = 0
        self.shown: list[tuple[int, Found]] = []
        self._told = told
        self._write([])

    def add(self, number: int, found: Line | list[Found]) -> None:
        self.lines += 1
        if isinstance(found, Line):
            return
        self.faulty += 1
        self._write([(number, one) for one in found])
        self.shown += [(number, one) for one in found][: MOST_SHOWN - len(self.shown)]

    def _write(self, faults: Iterable[tuple[int, Found]]) -> None:
        columns: list[Column[tuple[int, Found]]] = [
            Column("line", lambda fault: fault[0]),
            Column("column", lambda fault: fault[1].column),
            Column("fault", lambda fault: fault[1].fault.value),
            Column("what to do", lambda fault: str(LineFault(fault[1].fault).label)),
        ]
        pieces = iter(stream_csv(columns, faults))
        heading = next(pieces)
        for piece in pieces if self._told.tell() else (heading, *pieces):
            self._told.write(piece)


def _conclude(row: ConsentList, count: _Count, now: datetime) -> None:
    state = ListState.FAULTY if count.faulty else ListState.CHECKED
    with transaction.atomic():
        move(row, state, moves=LIST_MOVES, lines=count.lines, faulty=count.faulty)
        ListFault.objects.bulk_create(
            ListFault(list=row, line=line, column=found.column, fault=found.fault) for line, found in count.shown
        )
        audit_events.record_step(AuditKind.CONSENT_LIST_CHECKED, row, actor=CHECKER, at=now)
