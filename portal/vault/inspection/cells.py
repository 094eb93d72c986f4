"""A cell of a workbook on its way from the child that reads it to the parent: both sides of the form, in one place."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

#: What is wrong with a workbook, where something is.
UNREADABLE, TOO_MANY_ROWS = "unreadable", "too many rows"
_DAY, _FORMULA, _ERROR = "d", "f", "e"
#: More characters than any list of ours has room for in a cell.
_LONGEST: Final = 40_000


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
    """For JSON; ``kind`` is the library's: ``f`` for a formula, ``e`` for an error."""
    if value is None:
        return None
    if kind in {_FORMULA, _ERROR}:
        return [kind]
    if isinstance(value, date):
        return [_DAY, str(value)]
    return value if isinstance(value, bool | int | float) else str(value)[:_LONGEST]


def read(value: Any) -> Cell:
    """What ``written`` made."""
    if not isinstance(value, list):
        return Cell(value)
    if value[0] == _DAY:
        return Cell(value[1], is_day=True)
    return Cell(is_formula=value[0] == _FORMULA, is_error=value[0] == _ERROR)
