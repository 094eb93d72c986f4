"""The file of a list, written as its rows are read: CSV, XLSX or JSON lines, with who made it and when at its end."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from portal.kernel.jobs.export_columns import BYTE_ORDER_MARK, Column, as_text, escape_formula
from portal.kernel.jobs.sql_columns import Spelling, expression, finish_of, is_instant
from portal.kernel.jobs.xlsx_writer import day_number, instant_number, stream_xlsx

CSV, XLSX, JSONL = "csv", "xlsx", "jsonl"
FORMATS: Final = [
    (CSV, _("CSV, for any program")),
    (XLSX, _("XLSX, for a spreadsheet")),
    (JSONL, _("JSON lines, for another system")),
]
SPELLINGS: Final = {
    CSV: Spelling(keeps_numbers=False, escapes=True),
    XLSX: Spelling(keeps_numbers=True, escapes=True, keeps_dates=True),
    # No spreadsheet runs it, and whoever reads it must not find an apostrophe that was never there.
    JSONL: Spelling(keeps_numbers=True, escapes=False, keeps_nothing=True, keeps_lists=True),
}
TYPES: Final = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    JSONL: "application/jsonl; charset=utf-8",
}
#: Rows that are written together, and after which the work says how far it is.
BATCH = 2_000

Value = str | int | float | list[Any] | dict[str, Any] | None
Values = Sequence[Value]
Mark = Callable[[int], Mapping[str, str | int | None]]


class ShortList:
    """What ``ListFile`` asks of a resource, for a list that is no model's: its name, and its columns with what each holds."""

    def __init__(self, name: str, columns: Sequence[tuple[Column[Any], str]]) -> None:
        names = SimpleNamespace(label=name, model_name=name.lower())
        self._meta = SimpleNamespace(model=SimpleNamespace(_meta=names))
        self._columns = columns

    def columns(self) -> list[Column[Any]]:
        return [column for column, _words in self._columns]

    def paths(self) -> list[str]:
        """Nothing is read by SQL."""
        return [""] * len(self._columns)

    def words(self) -> list[tuple[str, str]]:
        return [(column.heading, str(words)) for column, words in self._columns]


class InMemory:
    """Rows that were worked out already, as ``ListFile`` reads them."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def iterator(self, chunk_size: int) -> Iterator[Any]:
        return iter(self._rows)


class ListFile:
    """One list on its way into one file. Memory stays constant, whatever the number of rows.

    ``rows`` is a QuerySet of the resource's model, or ``InMemory`` rows of a ``ShortList``.
    ``mark`` is asked for what stands at the end when all rows are out, with their number: a file that was cut off shows.
    """

    def __init__(
        self,
        resource: Any,
        rows: Any,
        *,
        file_format: str,
        is_masked: bool,
        mark: Mark,
        told: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.count = 0
        self._resource, self._rows, self._format = resource, rows, file_format
        self._spelling = SPELLINGS[file_format]
        self._mark, self._told = mark, told
        self._columns: list[Column[Any]] = [
            column if is_masked else Column(column.heading, column.value) for column in resource.columns()
        ]
        model, spelling = resource._meta.model, self._spelling
        self._finishes = [finish_of(model, path, spelling) if path else None for path in resource.paths()]

    def pieces(self) -> Iterator[bytes]:
        """The bytes. ``count`` has the number of rows when they are at their end."""
        return {CSV: self._csv, XLSX: self._xlsx, JSONL: self._jsonl}[self._format]()

    def _csv(self) -> Iterator[bytes]:
        yield BYTE_ORDER_MARK.encode() + _lines([[escape_formula(column.heading) for column in self._columns]])
        columns = self._in_sql()
        if columns is not None and self._is_ready() and connections[self._rows.db].vendor == "postgresql":
            yield from self._copied(columns)
        else:
            for batch in self._batches():
                yield _lines(batch)
        said = "; ".join(f"{name}: {value}" for name, value in self._mark(self.count).items())
        yield _lines([[f"# {said}"]])

    def _xlsx(self) -> Iterator[bytes]:
        heads = [escape_formula(column.heading) for column in self._columns]
        rows: Iterator[Sequence[Any]] = (row for batch in self._batches() for row in batch)
        name = str(self._resource._meta.model._meta.model_name or "list")
        return stream_xlsx(heads, rows, sheet=name, last=self._said(), instants=self._instants())

    def _instants(self) -> list[int]:
        """The places of the columns that show a date with its time."""
        model = self._resource._meta.model
        return [place for place, path in enumerate(self._resource.paths()) if path and is_instant(model, path)]

    def _said(self) -> Iterator[tuple[str, str | int | None]]:
        """Asked for when the rows are out: then their number is known. A person who opens it finds the columns in words."""
        yield from self._mark(self.count).items()
        timed = set(self._instants())
        for place, (heading, words) in enumerate(self._resource.words()):
            yield f"column {heading}", f"{words} (Indian time)" if place in timed else words

    def _jsonl(self) -> Iterator[bytes]:
        names = [column.heading for column in self._columns]
        write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        for batch in self._batches():
            yield "".join([write(dict(zip(names, row, strict=True))) + "\n" for row in batch]).encode()
        yield (write({"about": dict(self._mark(self.count))}) + "\n").encode()

    def _in_sql(self) -> list[Combinable] | None:
        """Every column as SQL, those with a mask as their plain text; None where one needs the row itself."""
        found = []
        for column, path in zip(self._columns, self._resource.paths(), strict=True):
            spelling = self._spelling if column.mask is None else Spelling(keeps_numbers=False, escapes=False)
            made = expression(self._resource._meta.model, path, spelling) if path else None
            if made is None:
                return None
            found.append(made)
        return None if self._rows.query.distinct else found

    def _is_ready(self) -> bool:
        return all(column.mask is None for column in self._columns) and not any(self._finishes)

    def _batches(self) -> Iterator[list[Values]]:
        rows = self._selected()
        while batch := list(islice(rows, BATCH)):
            yield batch
            self._counted(len(batch))

    def _counted(self, more: int) -> None:
        self.count += more
        self._told(self.count)

    def _selected(self) -> Iterator[Values]:
        columns = self._in_sql()
        if columns is None:
            for row in self._rows.iterator(chunk_size=BATCH):
                yield [spelled(column, column.value(row), self._spelling) for column in self._columns]
            return
        is_ready, keeps_nothing = self._is_ready(), self._spelling.keeps_nothing
        for values in self._fetched(columns):
            if is_ready and (keeps_nothing or None not in values):
                yield values
            else:
                ends = zip(self._columns, self._finishes, values, strict=True)
                yield [self._finished(column, finish, value) for column, finish, value in ends]

    def _fetched(self, columns: list[Combinable]) -> Iterator[Values]:
        """Rows as the driver gives them, by a cursor of the server where there is one."""
        try:
            sql, given = self._statement(columns)
        except EmptyResultSet:
            return
        with connections[self._rows.db].chunked_cursor() as cursor:
            cursor.execute(sql, given)
            while some := cursor.fetchmany(BATCH):
                yield from some

    def _copied(self, columns: list[Combinable]) -> Iterator[bytes]:
        """The lines as PostgreSQL writes them, with the line ends of RFC 4180."""
        try:
            sql, given = self._statement(columns)
        except EmptyResultSet:
            return
        database: Any = connections[self._rows.db]
        copy = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
        database.ensure_connection()
        # The driver's own cursor: the one that keeps statements for a debugger copies without values.
        with database.wrap_database_errors, database.connection.cursor() as cursor, cursor.copy(copy, given) as pieces:
            lines = iter(pieces)
            while batch := list(islice(lines, BATCH)):
                # One message is one row, so that a line end inside quotes stays what it is.
                yield b"".join([bytes(line[:-1]) + b"\r\n" for line in batch])
                self._counted(len(batch))

    def _statement(self, columns: list[Combinable]) -> tuple[str, tuple[Any, ...]]:
        query = self._rows.select_related(None).values_list(*columns).query
        sql, given = query.get_compiler(self._rows.db).as_sql()
        return sql, tuple(given)

    def _finished(self, column: Column[Any], finish: Callable[[Any], Any] | None, value: Any) -> Value:
        """A value that came from SQL: nothing as it is wanted, lists and days read, and what is masked masked."""
        if finish is not None and value is not None:
            return spelled(column, finish(value), self._spelling)
        if column.mask is None:
            return value if value is not None or self._spelling.keeps_nothing else ""
        return spelled(column, value, self._spelling)


def spelled(column: Column[Any], value: Any, spelling: Spelling) -> Value:
    """A value of Python as a format wants it: masked first, then escaped."""
    if value is None and spelling.keeps_nothing:
        return None
    if column.mask is None and spelling.keeps_lists and isinstance(value, list | dict):
        return value
    if column.mask is None and spelling.keeps_dates and isinstance(value, date):
        return instant_number(value) if isinstance(value, datetime) else day_number(value)
    if spelling.keeps_numbers and column.mask is None and isinstance(value, int) and not isinstance(value, bool):
        return value
    text = as_text(value)
    if column.mask is not None and text:
        text = column.mask(text)
    return escape_formula(text) if spelling.escapes else text


def _lines(rows: Iterable[Values]) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode()
