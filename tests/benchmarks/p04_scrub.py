"""P4: scrub a list against the state table, beside a bare script that does the same work and nothing else."""

import hmac
import io
import random
import re
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.db import connection

from consent.base.selectors import contact_rulebook
from consent.decisions.services import list_scrub
from consent.decisions.services.bulk_decisions import Question
from consent.models import ConsentState
from portal.kernel.core import ciphers
from tests.benchmarks import BenchRow, alternately, seconds
from tests.benchmarks.p01_decision import NOON, fill, law_and_notice, number

_MOBILE = re.compile(r"(?:\+?91|0)?([6-9][0-9]{9})")
MOST_MEMORY = 200 * 1024 * 1024


def write_list(target: Path, lines: int, *, known: int) -> None:
    """Numbers in no order; as many are strange as are known where the list is twice as long as the table."""
    chosen = random.Random(4)
    with target.open("w") as written:
        for _line in range(lines):
            written.write(f"{number(chosen.randrange(2 * known))}\n")


def ours(source: Path, target: Path) -> list_scrub.Scrubbed:
    """As the command does it."""
    scrub = list_scrub.Scrub(Question("marketing", "sms", NOON))
    with source.open("rb") as read, target.open("wb") as written:
        written.writelines(scrub.lines(read))
    return scrub.done


def bare(source: Path, target: Path, fiduciary: int) -> int:
    """Normalise, hash, COPY, join, write: no rules, no wishes, no reasons but yes and no. Returns the number of yeses."""
    key = ciphers._derived(_lookup_key(), "lookup/address")
    numbers = [
        "+91" + found.group(1) if (found := _MOBILE.fullmatch(line.strip())) else ""
        for line in source.read_text().splitlines()
    ]
    rows = [(place, b"\x01" + hmac.digest(key, each.encode(), "sha256")) for place, each in enumerate(numbers) if each]
    answers = joined(rows, fiduciary)
    with target.open("w") as written:
        written.writelines(f"{each},{answers.get(place) == 'given'}\n" for place, each in enumerate(numbers))
    return sum(answer == "given" for answer in answers.values())


def _lookup_key() -> str:
    from django.conf import settings

    key: str = settings.LOOKUP_KEY
    return key


def joined(rows: Sequence[tuple[int, bytes]], fiduciary: int) -> dict[int, str]:
    driver = connection.connection
    sql = (
        "SELECT a.n, s.answer FROM bare a JOIN consent_consentstate s ON s.address_key = a.k"
        f" AND s.purpose = 'marketing' AND s.channel = 'sms' AND s.fiduciary_id = {int(fiduciary)}"
    )
    if connection.vendor == "postgresql":
        driver.execute("CREATE TEMPORARY TABLE bare (n integer, k bytea)")
        with driver.cursor() as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "bytea"])
            for row in rows:
                copy.write_row(row)
        driver.execute("ANALYZE bare")
    else:
        driver.execute("CREATE TEMPORARY TABLE bare (n integer, k blob)")
        driver.execute("SAVEPOINT bare_fill")
        driver.executemany("INSERT INTO bare VALUES (?, ?)", rows)
        driver.execute("RELEASE bare_fill")
    try:
        return dict(driver.execute(sql).fetchall())
    finally:
        driver.execute("DROP TABLE bare")


def peak_of(source: BinaryIO) -> int:
    """How much the process grew at most while a list was scrubbed, in bytes; 0 where nothing shows above an earlier peak."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scrub = list_scrub.Scrub(Question("marketing", "sms", NOON))
    for _piece in scrub.lines(source):
        pass
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Seconds for one list; memory; and the same list against a state table ten times as large."""
    known, lines = (1_000_000, 1_000_000) if full else (100_000, 200_000)
    law_and_notice()
    present = ConsentState.objects.count()
    small = max(known // 10, present)
    if present < small:
        fill(small, start=present)
    contact_rulebook.forget()
    fiduciary = ConsentState.objects.values_list("fiduciary_id", flat=True)[:1].get()
    with TemporaryDirectory(prefix="scrub-") as place:
        source, target, other = Path(place) / "in.csv", Path(place) / "out.csv", Path(place) / "bare.csv"
        write_list(source, lines, known=known)
        grown = peak_of(io.BytesIO(source.read_bytes()))
        on_small = alternately(3, lambda: seconds(lambda: ours(source, target)))[0]
        if small < known:
            fill(known, start=small)
        done = ours(source, target)
        if done.allowed != bare(source, other, fiduciary) or done.total != lines:
            raise AssertionError("The scrub and the bare script differ.")
        mine, limit = alternately(
            3, lambda: seconds(lambda: ours(source, target)), lambda: seconds(lambda: bare(source, other, fiduciary))
        )
    ratio = mine / limit
    note = f"peak grew by {grown / 1e6:.0f} MB" if grown else "no new peak"
    yield BenchRow(
        "P4",
        f"scrub {lines:,} against {known:,} states",
        "s",
        mine,
        limit,
        ratio,
        "at most 2, under 200 MB",
        ratio <= 2 and grown < MOST_MEMORY,
        note,
    )
    if small >= known:
        return  # a row before has filled the table already: nothing grew
    growth = mine / on_small
    yield BenchRow(
        "P4",
        "the same list, ten times the states",
        "s",
        mine,
        on_small,
        growth,
        "almost flat: at most 1.5",
        growth <= 1.5,
        f"{small:,} to {known:,} states",
    )
