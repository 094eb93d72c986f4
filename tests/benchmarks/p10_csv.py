"""P10: the consent ledger as CSV by a worker, against COPY of its columns (PostgreSQL) or a cursor and csv (SQLite)."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from consent.models import ConsentEvent
from tests.benchmarks import BenchRow, alternately, seconds
from tests.benchmarks.taken import bare, content_of, events, exported, forget_the_peak, peak

MOST_MEMORY = 100 * 1000 * 1000


def copied(place: Path) -> None:
    """The columns as they are, in a file that is neither encrypted nor hashed."""
    sql, given = bare()
    if connection.vendor == "postgresql":
        copy = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
        with place.open("wb") as target, connection.cursor() as cursor, cursor.copy(copy, given) as pieces:
            for piece in pieces:
                target.write(piece)
        return
    with place.open("w", newline="") as target, connection.cursor() as cursor:
        cursor.execute(sql, given)
        csv.writer(target).writerows(iter(cursor.fetchone, None))


def check(size: int, folder: Path) -> None:
    """Every row once, in its order. Raises AssertionError otherwise."""
    with content_of(exported("csv"), folder / "checked").open(encoding="utf-8-sig", newline="") as source:
        rows = csv.reader(source)
        next(rows)
        keys = [int(row[0]) for row in rows if len(row) > 1]
    if keys != list(ConsentEvent.objects.order_by("pk").values_list("pk", flat=True)) or len(keys) != size:
        raise AssertionError("The file does not hold the rows.")


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Seconds of the whole job, its encryption and register included; memory; how a row's time grew from a tenth of them."""
    small, large = (100_000, 1_000_000) if full else (5_000, 50_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = events(small)
        on_few = alternately(3, lambda: seconds(lambda: exported("csv")))[0] / few
        size = events(large)
        check(size, folder)
        forget_the_peak()
        before = peak()
        exported("csv")
        grown = peak() - before
        ours, limit = alternately(
            3, lambda: seconds(lambda: exported("csv")), lambda: seconds(lambda: copied(folder / "limit"))
        )
    ratio = ours / limit
    is_met = ratio <= 2 and grown < MOST_MEMORY
    note = f"peak grew by {max(grown, 0) / 1e6:.0f} MB"
    yield BenchRow(
        "P10", f"export {size:,} rows, CSV", "s", ours, limit, ratio, "at most 2, under 100 MB", is_met, note
    )
    growth = ours / size / on_few
    job, note = "the same for one row, ten times the rows", f"{few:,} to {size:,} rows"
    yield BenchRow(
        "P10", job, "us", ours / size * 1e6, on_few * 1e6, growth, "flat: at most 1.3", is_met=growth <= 1.3, note=note
    )
