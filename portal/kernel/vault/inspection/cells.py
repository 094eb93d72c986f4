"""A cell of a workbook on its way from the child that reads it to the parent: both sides of the form, in one place."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

#: What is wrong with a workbook, where something is.
UNREADABLE, TOO_MANY_ROWS, TOO_MANY_CELLS = "unreadable", "too many rows", "too many cells"
TOO_LONG, TOO_MUCH = "too long", "too much"
_DAY, _FORMULA, _ERROR = "d", "f", "e"
#: More cells in a row than any list of ours has columns.
MOST_CELLS: Final = 1_000
#: More characters than any list of ours has room for in a cell, and than a spreadsheet writes into one (32,767).
LONGEST_CELL: Final = 40_000
#: Bytes of a row on its way. Both sides keep to it: a row is held as a whole.
LONGEST_ROW: Final = 4 * 1024 * 1024


class BeyondLimitError(ValueError):
    """A row or a cell is larger than any list of ours; the argument says which limit."""


def most_on_the_way(most_unpacked: int) -> int:
    """Bytes of all rows of a workbook that may unpack to so many: a letter takes six on the way, three in the workbook.

    A text that many cells share is in the workbook once and on the way as often as it is shown.
    """
    return 2 * most_unpacked


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as the sheet holds it: text, a number, yes or no, nothing; or what is none to read."""

    value: str | float | bool | None = None
    #: A day, or a day and a time, as text.
    is_day: bool = False
    is_formula: bool = False
    #: The spreadsheet itself shows an error there.
    is_error: bool = False


def written(value: Any, kind: str) -> Any:
    """For JSON; ``kind`` is the library's: ``f`` for a formula, ``e`` for an error. Raises BeyondLimitError (TOO_LONG)."""
    if value is None:
        return None
    if kind in {_FORMULA, _ERROR}:
        return [kind]
    if isinstance(value, date):
        return [_DAY, str(value)]
    if isinstance(value, bool | int | float):
        return value
    if len(text := str(value)) > LONGEST_CELL:
        raise BeyondLimitError(TOO_LONG)
    return text


def read_row(line: bytes) -> list[Cell]:
    """What the child wrote of a row. Raises ValueError for what it would not write: it has read a stranger's file."""
    try:
        row = json.loads(line)
    except RecursionError:
        raise ValueError("no row") from None
    if not isinstance(row, list):
        raise ValueError("no row")  # noqa: TRY004 - of what a child said, not of an argument
    if len(row) > MOST_CELLS:
        raise BeyondLimitError(TOO_MANY_CELLS)
    return [_read(value) for value in row]


def _read(value: Any) -> Cell:
    """What ``written`` made."""
    if value is None or isinstance(value, bool | int | float | str):
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            raise BeyondLimitError(TOO_LONG)
        return Cell(value)
    match value:
        case [kind] if kind in {_FORMULA, _ERROR}:
            return Cell(is_formula=kind == _FORMULA, is_error=kind == _ERROR)
        case [kind, str(day)] if kind == _DAY and len(day) <= LONGEST_CELL:
            return Cell(day, is_day=True)
    raise ValueError("no cell")
