"""XLSX written as it is read: sheets of inline texts, whole numbers and dates, packed piece by piece, constant memory.

A library that keeps each cell as an object writes a tenth of the rows in the same time. No formula, link or macro is
ever made of a value: a text stays a text whatever it begins with.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from portal.kernel.core.clock import IST

# Limits of the format (ECMA-376, and the specifications of the common spreadsheet), and of the double every spreadsheet
# keeps its numbers in.
LONGEST_CELL = 32_767
ROWS_OF_A_SHEET = 1_048_576
LARGEST_EXACT_INTEGER = 10**15
CUT = " [...]"
#: A part above 2 GiB needs a ZIP64 header that some spreadsheets do not read: the list goes on in another sheet before.
LARGEST_SHEET = 1_900_000_000
#: Rows that are packed together.
BATCH = 1_000
#: Never in a text of XML 1.0; written in the way that spreadsheets read back (ECMA-376, ST_Xstring).
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_BETWEEN = "\x1f"
_TEXT = '<c t="inlineStr"><is><t xml:space="preserve">'
_TEXT_END = "</t></is></c>"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

#: A float is an instant in India as the format counts time: days since 30 December 1899.
Value = str | int | float | None
_EPOCH = date(1899, 12, 30)
#: Earlier days are counted otherwise by one common spreadsheet, which takes 1900 for a leap year: they stay texts.
EARLIEST_DAY = date(1900, 3, 1)


class DayNumber(int):
    """A day as the format counts it."""


def day_number(day: date) -> "DayNumber | str":
    """The number of a day, or its text in ISO 8601 where the format has none for it."""
    return DayNumber((day - _EPOCH).days) if day >= EARLIEST_DAY else day.isoformat()


def instant_number(at: datetime) -> float:
    """The number of an instant to the second, as a clock in India shows it."""
    local = at.astimezone(IST)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return (local.date() - _EPOCH).days + seconds / 86_400


class _Outlet:
    """What the archive writes to: handed on piece by piece, never looked back at."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def stream_xlsx(
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    sheet: str,
    last: Iterable[Sequence[Value]] = (),
    instants: Iterable[int] = (),
) -> Iterator[bytes]:
    """Yield the workbook. A list too long for a sheet goes on in a next, headings first; an empty one has its headings.

    ``last`` are the rows of a sheet "About" behind them, asked for when all rows have been written. ``instants`` are the
    places of columns that need the width of a date with its time.
    """
    outlet, wide = _Outlet(), frozenset(instants)
    names: list[str] = []
    with zipfile.ZipFile(outlet, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as book:  # type: ignore[call-overload]
        left = iter(rows)
        ahead: list[Sequence[Value]] | None = []
        while ahead is not None:
            number = len(names) + 1
            names.append(sheet[:31] if number == 1 else f"{sheet[:25]} {number}")
            with book.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(_head_of_a_sheet(headings, wide))
                size, written = 0, 1
                while True:
                    batch = list(_some(chain(ahead, left), min(BATCH, ROWS_OF_A_SHEET - written)))
                    ahead = []
                    text = _rows(batch).encode()
                    part.write(text)
                    size, written = size + len(text), written + len(batch)
                    yield outlet.taken()
                    if not batch or written >= ROWS_OF_A_SHEET or size >= LARGEST_SHEET:
                        break
                part.write(b"</sheetData></worksheet>")
            following = next(left, None) if batch else None
            ahead = None if following is None else [following]
        _close(book, names, list(last))
    yield outlet.taken()


def _some(rows: Iterable[Sequence[Value]], count: int) -> Iterator[Sequence[Value]]:
    """At most so many; the one behind them stays where it is."""
    if count > 0:
        for number, row in enumerate(rows, start=1):
            yield row
            if number == count:
                return


def _head_of_a_sheet(headings: Sequence[str], wide: frozenset[int]) -> bytes:
    view = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews>'
    head = "".join(
        f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{_plain(text)}</t></is></c>' for text in headings
    )
    widths = "".join(f'<col min="{place + 1}" max="{place + 1}" width="19" customWidth="1"/>' for place in sorted(wide))
    columns = f"<cols>{widths}</cols>" if widths else ""
    return f'{_XML}<worksheet xmlns="{_MAIN}">{view}{columns}<sheetData><row>{head}</row>'.encode()


def _rows(rows: Sequence[Sequence[Value]]) -> str:
    return "".join([_row(row) for row in rows])


def _row(row: Sequence[Value]) -> str:
    """A row with nothing long or strange in it is escaped in one go and put into the form of its kinds: most are."""
    form, numbers = _form(tuple(map(type, row)))
    joined = _BETWEEN.join(map(str, row))
    is_plain = (
        len(joined) <= LONGEST_CELL
        and joined.count(_BETWEEN) == len(row) - 1
        and not _FORBIDDEN.search(joined.replace(_BETWEEN, ""))
        and all(abs(row[place]) < LARGEST_EXACT_INTEGER for place in numbers)  # type: ignore[arg-type]
    )
    if is_plain and row:
        return form % tuple(escape(joined).split(_BETWEEN))
    return f"<row>{''.join([_cell(value) for value in row])}</row>"


@cache
def _form(kinds: tuple[type[Any], ...]) -> tuple[str, tuple[int, ...]]:
    """The row with a place for each value, and where its numbers are."""
    cells = {
        int: "<c><v>%s</v></c>",
        float: '<c s="2"><v>%s</v></c>',
        DayNumber: '<c s="3"><v>%s</v></c>',
        type(None): "<c/>%.0s",
    }
    form = "".join(cells.get(kind, f"{_TEXT}%s{_TEXT_END}") for kind in kinds)
    return f"<row>{form}</row>", tuple(place for place, kind in enumerate(kinds) if kind is int)


def _cell(value: Value) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, float):
        return f'<c s="2"><v>{value}</v></c>'
    if isinstance(value, DayNumber):
        return f'<c s="3"><v>{value}</v></c>'
    if isinstance(value, int) and abs(value) < LARGEST_EXACT_INTEGER:
        return f"<c><v>{value}</v></c>"
    return f"{_TEXT}{_plain(str(value))}{_TEXT_END}"


def _plain(text: str) -> str:
    cut = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT
    return _FORBIDDEN.sub(lambda found: f"_x{ord(found[0]):04X}_", escape(cut))


def _close(book: zipfile.ZipFile, names: list[str], last: list[Sequence[Value]]) -> None:
    """The sheet about the file, and the parts that say which sheets there are."""
    if last:
        names.append("About")
        body = f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{_rows(last)}</sheetData></worksheet>'
        book.writestr(f"xl/worksheets/sheet{len(names)}.xml", body)
    numbered = list(enumerate(names, start=1))
    sheets = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in numbered)
    book.writestr(
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>',
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _name in numbered
    )
    styles = f'<Relationship Id="rId{len(names) + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    book.writestr("xl/_rels/workbook.xml.rels", _relations(targets + styles))
    book.writestr("xl/styles.xml", _STYLES)
    book.writestr(
        "_rels/.rels",
        _relations(f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'),
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n, _name in numbered
    )
    book.writestr(
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{parts}</Types>',
    )


def _relations(inner: str) -> str:
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


#: Four looks of a cell: plain, bold for headings, an instant, a day.
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd\\-mm\\-yyyy\\ hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="dd\\-mm\\-yyyy"/></numFmts><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
