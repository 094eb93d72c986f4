"""Streaming writers for lists people take away: CSV and XLSX. Named columns, formulae escaped, constant memory."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO, Generic, TypeVar
from uuid import UUID

import xlsxwriter

from portal.core.clock import IST

Row = TypeVar("Row")
Cell = str | int | bool | date | datetime | Decimal | UUID | None

# A spreadsheet runs a cell that begins so (OWASP, "CSV injection"). Full-width forms are folded to these on opening.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"
# Limits of the XLSX format (ECMA-376), and of the double every spreadsheet keeps its numbers in.
LONGEST_CELL = 32_767
ROWS_OF_A_SHEET = 1_048_576
LARGEST_EXACT_INTEGER = 10**15
CUT = " [...]"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A named column: how its value is read from a row, and the mask it must pass (``None``: nothing to hide)."""

    heading: str
    value: Callable[[Row], Cell]
    mask: Callable[[str], str] | None = None

    def text(self, row: Row) -> str:
        """The cell as it is written: masked first, then escaped."""
        text = as_text(self.value(row))
        if self.mask is not None and text:
            text = self.mask(text)
        return escape_formula(text)


def as_text(value: Cell) -> str:
    """One spelling for each type: instants with their offset in Indian time, dates as ISO 8601, yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(IST).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run, also behind blanks; other texts stay as they are."""
    begins = text.lstrip(" \u00a0\ufeff").startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS)
    return f"'{text}" if begins else text


class _Echo:
    """A file that hands each line back, so that ``csv`` can stream."""

    def write(self, line: str) -> str:
        return line


def stream_csv(columns: list[Column[Row]], rows: Iterable[Row], *, for_spreadsheets: bool = False) -> Iterator[bytes]:
    """Yield the list line by line, UTF-8 with CRLF (RFC 4180), headings first.

    ``for_spreadsheets`` puts a byte order mark first: without it some spreadsheets misread Devanagari.
    """
    writer = csv.writer(_Echo())
    if for_spreadsheets:
        yield BYTE_ORDER_MARK.encode()
    heads = [escape_formula(column.heading) for column in columns]
    for line in chain([heads], ([column.text(row) for column in columns] for row in rows)):
        yield str(writer.writerow(line)).encode()


def write_xlsx(target: BinaryIO, columns: list[Column[Row]], rows: Iterable[Row], *, sheet: str) -> int:
    """Write the list to ``target`` as XLSX and return the number of rows; a list too long for a sheet goes on in a next.

    Whole numbers stay numbers, everything else is text. Rows pass through a private directory that is removed at the
    end, never through memory. No formula, link or macro is ever made of a value.
    """
    with tempfile.TemporaryDirectory(prefix="export-") as private:
        options = {
            "constant_memory": True,
            "tmpdir": private,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(target, options) as book:
            return _write_sheets(book, columns, rows, sheet)


def _write_sheets(book: Any, columns: list[Column[Row]], rows: Iterable[Row], sheet: str) -> int:
    bold, page, line, total, sheets = book.add_format({"bold": True}), None, ROWS_OF_A_SHEET, 0, 0
    for row in chain([None], rows):
        if line >= ROWS_OF_A_SHEET:
            sheets += 1
            page, line = book.add_worksheet(f"{sheet[:25]} {sheets}" if sheets > 1 else sheet[:31]), 1
            page.freeze_panes(1, 0)
            for place, column in enumerate(columns):
                page.write_string(0, place, escape_formula(column.heading), bold)
        if row is None:  # only makes the first sheet, so that an empty list still shows its headings
            continue
        for place, column in enumerate(columns):
            _write_cell(page, line, place, column, row)
        line, total = line + 1, total + 1
    return total


def _write_cell(page: Any, line: int, place: int, column: Column[Row], row: Row) -> None:
    value = column.value(row)
    plain_number = isinstance(value, int) and not isinstance(value, bool) and column.mask is None
    if plain_number and isinstance(value, int) and abs(value) < LARGEST_EXACT_INTEGER:
        page.write_number(line, place, value)
        return
    text = column.text(row)
    page.write_string(line, place, text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT)
