"""The rows of a file that somebody brought, one at a time: CSV line by line, XLSX through memory."""

import collections
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.jobs.import_types import ImportColumn, import_kind
from portal.kernel.jobs.models import ListImport
from portal.kernel.vault.inspection.cells import Cell
from portal.kernel.vault.services import files, workbooks

#: Technical limits. What a workbook unpacks to is held in memory.
MOST_BYTES: Final = {"csv": 60 * 1024 * 1024, "xlsx": 16 * 1024 * 1024}
MOST_UNPACKED: Final = 256 * 1024 * 1024
MOST_ROWS: Final = 500_000
LONGEST_CELL: Final = 32_000
#: So many lines behind a heading that does not fit are looked at for what is no text.
LOOKED_AT: Final = 100
#: Stands in no text, and in nearly every other file.
NO_TEXT: Final = "\0"
#: Columns that our file of faulty rows adds. They may come back with the mended file, and are not read.
LINE, WHAT_TO_DO = "line", "what to do"
#: A spreadsheet would run a cell that begins so, unless it is nothing but a number.
_RUNS: Final = re.compile(r"[=@＝＠]|[+\-＋－](?![\d\s().,/-]*$)")
_MEANT_AS_TEXT: Final = re.compile(r"'(?=[=@+\-＝＠＋－])")


@dataclass(frozen=True, slots=True)
class Read:
    """A row: the number of its line (the heading is line 1), its cells by their columns, and which of them cannot be read."""

    line: int
    cells: dict[str, str]
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    fault: str = ""


_Line = tuple[int, list[_Cell]]


class Unreadable(Refused):
    """The file itself is at fault, from a line on."""

    def __init__(self, said: str, *, code: str, line: int = 1) -> None:
        super().__init__(said, code=code)
        self.line = line


def rows_of(brought: ListImport, *, actor: Actor) -> Iterator[Read]:
    """Each row of the encrypted file that is not empty. Raises Unreadable, also on the way; NotFound when the file has ended."""
    with files.open_stream(brought.file, actor=actor, reason="import read") as stream:
        yield from rows(stream, brought.layout, import_kind(brought.kind).columns)


def rows(stream: BinaryIO, layout: str, columns: Sequence[ImportColumn], *, first: int = 0) -> Iterator[Read]:
    """Each row below the heading that is not empty. Raises Unreadable for what cannot be read from a line on.

    With ``first`` a workbook is read no further than so many rows.
    """
    lines = _csv(stream) if layout == "csv" else _xlsx(stream, first)
    headings = _headings(lines, columns)
    read = [name for name in headings if name not in {LINE, WHAT_TO_DO}]
    count = 0
    for number, cells in lines:
        if not any(cell.text or cell.fault for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise _too_many_rows(number)
        yield _row(number, headings, read, cells)
    if not count:
        raise Unreadable(_("The file has no rows below its heading."), code="EMPTY")


def require_readable(stream: BinaryIO, layout: str, columns: Sequence[ImportColumn]) -> None:
    """Look at the heading and the first row, before anything is kept. Raises Unreadable."""
    next(rows(stream, layout, columns, first=LOOKED_AT))


def _row(number: int, headings: Sequence[str], read: Sequence[str], cells: Sequence[_Cell]) -> Read:
    named = dict(zip(headings, cells, strict=False))
    faults = [(name, named[name].fault) for name in read if name in named and named[name].fault]
    if any(cell.text or cell.fault for cell in cells[len(headings) :]):
        faults.append(("", _("This row has more cells than there are columns. Put a text with commas in quotes.")))
    return Read(number, {name: named[name].text if name in named else "" for name in read}, tuple(faults))


def _headings(lines: Iterator[_Line], columns: Sequence[ImportColumn]) -> list[str]:
    _number, cells = next(lines, (1, []))
    if not any(cell.text for cell in cells) and not any(cell.text for _line, row in lines for cell in row):
        raise Unreadable(_("The file is empty."), code="EMPTY")
    headings = [cell.text.lower() for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    wanted = [column.name for column in columns]
    needed = {column.name for column in columns if column.is_required}
    is_fit = needed <= set(headings) <= {*wanted, LINE, WHAT_TO_DO}
    if not is_fit or len(headings) != len(set(headings)):
        # A file that is no text at all is told so, and not how its columns should be named.
        collections.deque(islice(lines, LOOKED_AT), maxlen=0)
        said = _("The first line must name the columns, each once, and no other: %(columns)s. It must have %(needed)s.")
        words = {"columns": ", ".join(wanted), "needed": ", ".join(name for name in wanted if name in needed)}
        raise Unreadable(said % words, code="COLUMNS")
    return headings


def _csv(stream: BinaryIO) -> Iterator[_Line]:
    text = _decoded(stream)
    first = next(text, "")
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(chain([first], text), delimiter=separator, strict=True)
    number = 0
    try:
        for cells in reader:
            # A line break in a quoted cell counts as the file does.
            number, begins = reader.line_num, number + 1
            yield begins, [_written(cell) for cell in cells]
    except csv.Error:
        said = _("From here on this is no CSV: look for a quote that is never closed. Or save the file as XLSX.")
        raise Unreadable(said, code="NO_CSV", line=number + 1) from None


def _decoded(stream: BinaryIO) -> Iterator[str]:
    """Line by line, so that the first line that is no text can be named."""
    for number, line in enumerate(stream, start=1):
        try:
            decoded = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            decoded = NO_TEXT
        if NO_TEXT in decoded:
            said = _("This is no text in UTF-8. Save the file as CSV in UTF-8, or as XLSX.")
            raise Unreadable(said, code="ENCODING", line=number)
        yield decoded


def _written(cell: str) -> _Cell:
    """A cell of a text file. An apostrophe before a formula or a plus sign says that it is meant as text."""
    text = cell.strip()
    if _MEANT_AS_TEXT.match(text):
        return _checked(text[1:])
    if _RUNS.match(text):
        return _Cell(text, _("This begins like a formula. Write the value itself, or an apostrophe before the text."))
    return _checked(text)


def _checked(text: str) -> _Cell:
    plain = without_hiding_marks(text).strip()
    if len(plain) > LONGEST_CELL:
        return _Cell("", _("This is too long."))
    return _Cell(plain)


def _xlsx(stream: BinaryIO, first: int) -> Iterator[_Line]:
    """The first sheet. Refused: what unpacks to far more than it is, and what defines entities of its own."""
    content = stream.read(MOST_BYTES["xlsx"] + 1)
    found = workbooks.rows(content, most_rows=MOST_ROWS + 1, most_unpacked=MOST_UNPACKED, first=first)
    try:
        for number, cells in enumerate(found, start=1):
            yield number, [_held(cell) for cell in cells]
    except workbooks.TooManyRows as refused:
        raise _too_many_rows(refused.row) from None
    except workbooks.BeyondLimits as refused:
        raise Unreadable(refused.words, code="TOO_MUCH", line=refused.row) from None
    except workbooks.UnreadableWorkbook as refused:
        raise Unreadable(_no_workbook(), code="UNREADABLE", line=refused.row) from None


def _too_many_rows(line: int) -> Unreadable:
    said = _("The file has more than %(most)d rows. Split it.") % {"most": MOST_ROWS}
    return Unreadable(said, code="TOO_MANY_ROWS", line=line)


def _no_workbook() -> str:
    return _("The file cannot be read as a workbook. Save it as XLSX again, without a password, or as CSV in UTF-8.")


def _held(cell: Cell) -> _Cell:
    """A cell of a workbook: what it shows is its value, unless it is worked out."""
    if cell.is_formula:
        return _Cell("", _("This is a formula. Write the value itself."))
    if cell.is_error:
        return _Cell("", _("The spreadsheet shows an error here. Write the value itself."))
    text = _as_text(cell).strip()
    return _checked(text[1:] if _MEANT_AS_TEXT.match(text) else text)


def _as_text(cell: Cell) -> str:
    """As people would write it: days without a time, whole numbers without a point."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).removesuffix(" 00:00:00") if cell.is_day else str(value)
