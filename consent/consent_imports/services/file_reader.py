"""The lines of a list, one at a time, from the encrypted file."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

from consent.consent_imports.choices import LineFault
from consent.consent_imports.models import ConsentList
from consent.consent_imports.services import line_parser
from consent.consent_imports.services.line_parser import Used
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose
from portal.kernel.people.models import Fiduciary
from portal.kernel.vault.services import files, workbooks

#: Technical limits. An XLSX file is read through memory, a CSV file line by line.
MOST_BYTES: Final = {"csv": 512 * 1024 * 1024, "xlsx": 32 * 1024 * 1024}
MOST_UNPACKED: Final = 512 * 1024 * 1024
MOST_LINES: Final = 2_000_000
#: Channels on which an answer is told by address, with its kind.
KINDS: Final = {str(channel): kind for channel, kind in KIND_OF_CHANNEL.items() if kind != SUBJECT}


class Unreadable(Refused):
    """The file itself is at fault, at a line. ``fault`` says how."""

    def __init__(self, fault: LineFault, line: int) -> None:
        super().__init__(fault.label, code=fault.value)
        self.fault = fault
        self.line = line


def lines(row: ConsentList, *, actor: Actor) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line below the heading that is not empty, with its number in the file (the heading is line 1).

    Raises Unreadable, also on the way; Shredded (a NotFound) when the file was destroyed.
    """
    with files.open_stream(row.file, actor=actor, reason="list of consents read") as stream:
        rows = iter((_csv if row.layout == "csv" else _xlsx)(stream))
        headings = _headings(rows)
        count = 0
        for number, cells in rows:
            if not any(cells):
                continue
            count += 1
            if count > MOST_LINES:
                raise Unreadable(LineFault.FILE_TOO_LONG, number)
            if any(cells[len(headings) :]):
                raise Unreadable(LineFault.FILE_UNREADABLE, number)
            yield number, dict(zip(headings, cells, strict=False))
        if not count:
            raise Unreadable(LineFault.FILE_EMPTY, 1)


def purposes(whose: Fiduciary, *, now: datetime) -> dict[str, Used]:
    """Every purpose that ever was, by code: a no is taken for one that has ended, or that is not the fiduciary's, too."""
    in_force = {
        purpose.code: purpose for purpose in law.purposes_in_force(on=clock.day(now)) if purpose.is_of(us=whose.is_self)
    }
    known = {purpose.code: purpose for purpose in Purpose.objects.order_by("version")}
    present = {code: in_force.get(code, row) for code, row in known.items()}
    return {code: Used(code in in_force, row.sends_messages, row.needs_consent) for code, row in present.items()}


def _headings(rows: Iterator[tuple[int, list[str]]]) -> Sequence[str]:
    _number, cells = next(rows, (1, []))
    headings = [cell.lower() for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    is_fit = set(line_parser.REQUIRED) <= set(headings) <= set(line_parser.COLUMNS)
    if not is_fit or len(headings) != len(set(headings)):
        raise Unreadable(LineFault.FILE_COLUMNS, 1)
    return headings


def _csv(stream: BinaryIO) -> Iterable[tuple[int, list[str]]]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    number = 0
    try:
        first = text.readline()
        separator = ";" if first.count(";") > first.count(",") else ","
        for number, cells in _numbered(csv.reader(_after(first, text), delimiter=separator, strict=True)):
            yield number, [cell.strip() for cell in cells]
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable(LineFault.FILE_UNREADABLE, number + 1) from None


def _after(first: str, text: Iterable[str]) -> Iterator[str]:
    yield first
    yield from text


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """A line of a quoted cell counts as the file does."""
    for cells in reader:
        yield reader.line_num, cells


def _xlsx(stream: BinaryIO) -> Iterable[tuple[int, list[str]]]:
    """The first sheet. Refused: what unpacks to far more than it is, and what defines entities of its own."""
    content = stream.read(MOST_BYTES["xlsx"] + 1)
    found = workbooks.rows(content, most_rows=MOST_LINES + 1, most_unpacked=MOST_UNPACKED, worked_out=True)
    try:
        for number, cells in enumerate(found, start=1):
            yield number, ["" if cell.value is None else str(cell.value).strip() for cell in cells]
    except workbooks.TooManyRows as refused:
        raise Unreadable(LineFault.FILE_TOO_LONG, refused.row) from None
    except workbooks.UnreadableWorkbook as refused:
        raise Unreadable(LineFault.FILE_UNREADABLE, refused.row) from None
