"""Columns of lists that people take away, how each value is spelled, and CSV: formulae escaped, constant memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from portal.kernel.core.clock import IST

Row = TypeVar("Row")
Cell = str | int | bool | date | datetime | Decimal | UUID | list[Any] | tuple[Any, ...] | dict[str, Any] | None

# A spreadsheet runs a cell that begins so (OWASP, "CSV injection"). Full-width forms are folded to these on opening.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BLANKS = " \u00a0\ufeff"
BYTE_ORDER_MARK = "\ufeff"


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
    """One spelling for each type: instants with their offset in Indian time, dates as ISO 8601, yes or no, lists in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(IST).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return join_words(value) if isinstance(value, list | tuple) else str(value)


def join_words(items: Iterable[object]) -> str:
    """A list in one cell: its items with a semicolon and a blank between them, the parts of an item with a blank."""
    return "; ".join([" ".join(map(str, item)) if isinstance(item, list | tuple) else str(item) for item in items])


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run, also behind blanks; other texts stay as they are."""
    begins = text.lstrip(BLANKS).startswith(FORMULA_STARTS)
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


class Produced(io.RawIOBase):
    """The bytes of an iterator as a stream, so that they can be encrypted as they are made."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer as far as the present piece goes; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
