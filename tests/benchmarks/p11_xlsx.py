"""P11: the consent ledger as XLSX by a worker, against xlsxwriter with constant memory over a bare cursor."""

import tempfile
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import openpyxl
import xlsxwriter
from django.db import connection, transaction

from consent.models import ConsentEvent
from tests.benchmarks import BenchRow, alternately, seconds
from tests.benchmarks.taken import bare, content_of, events, exported, forget_the_peak, peak

MOST_MEMORY = 150 * 1000 * 1000
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
ROWS_OF_A_SHEET = 1_048_576
#: Rows of one round trip.
BATCH = 2_000


def written(place: Path) -> None:
    """The columns as they are, each value as text or number; not encrypted, not hashed."""
    sql, given = bare()
    with xlsxwriter.Workbook(str(place), OPTIONS) as book, transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, given)
        sheet, line = book.add_worksheet(), 0
        for row in chain.from_iterable(iter(lambda: cursor.fetchmany(BATCH), [])):
            if line == ROWS_OF_A_SHEET:
                sheet, line = book.add_worksheet(), 0
            for place_of, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(line, place_of, value)
                else:
                    sheet.write_string(line, place_of, str(value))
            line += 1


def check(size: int, folder: Path) -> None:
    """As many rows as there are events, and a spreadsheet library reads the first in their order. Raises AssertionError."""
    place = content_of(exported("xlsx"), folder / "checked.xlsx")
    with zipfile.ZipFile(place) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        *lists, _about = sorted(names, key=lambda name: (len(name), name))
        count = sum(_rows_in(book, name) - 1 for name in lists)  # each begins with the headings
    sheet = openpyxl.load_workbook(place, read_only=True).worksheets[0]
    keys = [row[0] for row in sheet.iter_rows(min_row=2, max_row=1_001, values_only=True)]
    if count != size or keys != list(ConsentEvent.objects.order_by("pk").values_list("pk", flat=True)[:1_000]):
        raise AssertionError(f"The workbook does not hold the rows: {count}")


def _rows_in(book: zipfile.ZipFile, name: str) -> int:
    count, rest = 0, b""
    with book.open(name) as part:
        while piece := part.read(1 << 20):
            text = rest + piece
            count += text.count(b"<row>")
            rest = text[-4:]
    return count


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Rows a second of the whole job, its encryption and register included; memory."""
    size = events(1_000_000 if full else 20_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check(size, folder)
        forget_the_peak()
        before = peak()
        exported("xlsx")
        grown = peak() - before
        ours, limit = alternately(
            1 if full else 3,
            lambda: size / seconds(lambda: exported("xlsx")),
            lambda: size / seconds(lambda: written(folder / "limit.xlsx")),
        )
    ratio = ours / limit
    is_met = ratio >= 1 and grown < MOST_MEMORY
    note = f"peak grew by {max(grown, 0) / 1e6:.0f} MB"
    yield BenchRow(
        "P11", f"export {size:,} rows, XLSX", "/s", ours, limit, ratio, "at least 1, under 150 MB", is_met, note
    )
