"""``./run bench [--full] [P5 ...]``: the rows on SQLite, and on PostgreSQL when DATABASE_URL names one."""

import argparse
import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TextIO

import django

from tests import benchmarks
from tests.benchmarks import BenchRow

#: Each in databases of its own: other rows put entries, trees and states there that nothing stands behind.
ALONE = ("P9", "V10")
#: What a file of the package gives: its rows, one after the other as they are measured.
Rows = Callable[[], Iterable[BenchRow]]
HEAD = f"{'':4} {'job':46} {'ours':>12} {'limit':>12} {'ratio':>7}  target"


def main(arguments: Sequence[str]) -> int:
    """Print every row; 0 when each meets its target, 1 when one does not or could not be measured."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("rows", nargs="*", help="only these, for example P5 P7")
    parser.add_argument("--full", action="store_true", help="large sizes: minutes instead of seconds")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        return measure(set(given.rows), full=given.full)
    url = os.environ.get("DATABASE_URL", "")
    databases = [("SQLite", "")] if url.startswith("sqlite") or not url else [("SQLite", ""), ("PostgreSQL", url)]
    wanted = given.rows or numbers()
    parts = ([row for row in wanted if row not in ALONE], *([row] for row in wanted if row in ALONE))
    options = ["--full"] if given.full else []
    worst = 0
    for name, address in databases:
        sys.stdout.write(f"\n{name}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n{HEAD}\n")
        sys.stdout.flush()
        for part in filter(None, parts):
            worst = max(worst, in_a_process_of_its_own(address, [*options, *part]))
    if len(databases) == 1:
        sys.stdout.write("\nPostgreSQL was left out: set DATABASE_URL to measure it too.\n")
    return worst


def in_a_process_of_its_own(address: str, arguments: Sequence[str]) -> int:
    """Settings are read once a process, so each database gets one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as var:
        environment = {**os.environ, "PORTAL_VAR": var, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings"}
        environment["DATABASE_URL"] = address
        if not address:  # the embedded stack: keys and counters are its own, too
            environment |= {"KEYS_DATABASE_URL": "", "REDIS_URL": ""}
        command = [sys.executable, "-m", "tests.benchmarks", "--here", *arguments]
        return subprocess.run(command, env=environment, check=False).returncode


def measure(wanted: set[str], *, full: bool) -> int:
    """Make empty test databases, print the rows, throw the databases away."""
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        is_met = printed(found_files(wanted, full=full), sys.stdout)
    finally:
        teardown_databases(made, verbosity=0)
    return 0 if is_met else 1


def printed(files: Iterable[tuple[str, Rows]], report: TextIO) -> bool:
    """Write the rows of each file as they come; one that fails says so, and the next is measured all the same.

    Returns whether every row was measured and met its target.
    """
    is_met = True
    for number, rows in files:
        begun = time.monotonic()
        try:
            for row in rows():
                report.write(line_of(row) + "\n")
                report.flush()
                is_met = is_met and row.is_met
        except Exception as error:  # noqa: BLE001 - whatever it was, the other rows can be measured
            report.write(f"{number:4} NO FIGURE: {type(error).__name__}: {error}\n")
            traceback.print_exc()
            is_met = False
        report.write(f"{number:4} took {time.monotonic() - begun:.0f} s\n")
        report.flush()
    return is_met


def numbers() -> list[str]:
    """The number of every file of the package, in order; a file is named after its rows: ``p05_append``, ``v10_rows``."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [number_of(name) for name in names if name.startswith(("p", "v"))]


def number_of(name: str) -> str:
    return name.split("_", maxsplit=1)[0].upper().replace("P0", "P")


def found_files(wanted: set[str], *, full: bool) -> Iterator[tuple[str, Rows]]:
    """The files of the package that were asked for, by number."""
    for module in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda found: found.name):
        if module.name.startswith(("p", "v")) and number_of(module.name) in wanted:
            rows = importlib.import_module(f"tests.benchmarks.{module.name}").rows
            yield number_of(module.name), partial(rows, full=full)


def line_of(row: BenchRow) -> str:
    """One row as a line of the table."""
    limit = "" if row.limit is None else f"{row.limit:,.4g} {row.unit}"
    met = "met" if row.is_met else "MISSED"
    note = f"  ({row.note})" if row.note else ""
    return f"{row.number:4} {row.job:46} {row.ours:>9,.4g} {row.unit:<5} {limit:>12} {row.ratio:>7.2f}  {row.target}: {met}{note}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
