"""What a report is: tables of counts over whole days in India. Nobody is named in one."""

import csv
import io
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from portal.fronts.evidence.period import Period
from portal.kernel.core import clock, date_format
from portal.kernel.jobs.export_columns import escape_formula

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A heading, the names of the columns, the rows; ``note`` says what is counted where the heading does not."""

    title: Any
    heads: Sequence[Any]
    rows: Sequence[Sequence[Cell]]
    note: Any = ""

    @property
    def is_empty(self) -> bool:
        return not any(isinstance(cell, int | float) and cell for row in self.rows for cell in row[1:])

    def as_text(self) -> list[list[str]]:
        """The rows in words: a dash where nothing can be said."""
        return [["–" if cell is None else str(cell) for cell in row] for row in self.rows]

    def as_lines(self) -> list[list[tuple[Any, str]]]:
        """Each row as pairs of the column's name and the cell in words."""
        return [list(zip(self.heads, row, strict=True)) for row in self.as_text()]


@dataclass(frozen=True)
class Report:
    """One report. Whoever holds ``permission`` as well as the right to reports may read it."""

    code: str
    title: Any
    about: Any
    permission: str
    tables: Callable[[Period], list[Table]]


def csv_of(tables: Sequence[Table]) -> bytes:
    """Every table below its title, an empty line between; UTF-8 with CRLF (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    for table in tables:
        lines: list[Sequence[Any]] = [[table.title], table.heads, *table.rows, []]
        writer.writerows([escape_formula("" if cell is None else str(cell)) for cell in line] for line in lines)
    return text.getvalue().encode()


def within(period: Period, field: str) -> dict[str, Any]:
    """Filters for rows whose instant lies in the period."""
    return {f"{field}__gte": period.start, f"{field}__lt": period.end}


def as_of() -> str:
    """The note of a table of what keeps no days: it can be counted as it is only, whatever period is asked about."""
    return _("As of %(when)s: earlier states are not kept.") % {"when": date_format.in_both(clock.now())}


def counted(rows: QuerySet[Any], *fields: str) -> dict[Any, int]:
    """How many rows have each value of a field, or of several."""
    found = rows.order_by().values(*fields).annotate(rows_counted=Count("pk"))
    if len(fields) == 1:
        return {row[fields[0]]: row["rows_counted"] for row in found}
    return {tuple(row[field] for field in fields): row["rows_counted"] for row in found}


def choices_of(model: Any, field: str) -> list[tuple[Any, Any]]:
    """The values of a field with their words, in their order."""
    return list(model._meta.get_field(field).choices or ())


def by_choice(model: Any, field: str, *columns: Mapping[Any, int], but: Container[str] = ()) -> list[list[Cell]]:
    """A row for each value of a field, ``but`` for some: its words, then how many each column counted."""
    rows = [(value, label) for value, label in choices_of(model, field) if str(value) not in but]
    return [[str(label), *(column.get(str(value), 0) for column in columns)] for value, label in rows]


def middle(values: Iterable[float]) -> float | None:
    """The median to one digit; None of nothing."""
    found = list(values)
    return round(float(median(found)), 1) if found else None
