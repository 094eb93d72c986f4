"""``./run bench [--full] [P5 ...]``: the rows on SQLite, and on PostgreSQL when DATABASE_URL names one."""

import argparse
import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

import django

from tests import benchmarks
from tests.benchmarks import BenchRow

#: The ledger is verified in databases of its own: other rows put entries and trees there that nothing stands behind.
ALONE = ("P9",)
HEAD = f"{'':4} {'job':46} {'ours':>12} {'limit':>12} {'ratio':>7}  target"


def main(arguments: Sequence[str]) -> int:
    """Print every row; 0 when each meets its target, 1 when one does not."""
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
    parts = ([row for row in wanted if row not in ALONE], [row for row in wanted if row in ALONE])
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
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"PORTAL_VAR": var, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        if address:
            environment["DATABASE_URL"] = address
        command = [sys.executable, "-m", "tests.benchmarks", "--here", *arguments]
        return subprocess.run(command, env=environment, check=False).returncode


def measure(wanted: set[str], *, full: bool) -> int:
    """Make empty test databases, print the rows, throw the databases away."""
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        missed = 0
        for row in found_rows(wanted, full=full):
            sys.stdout.write(line_of(row) + "\n")
            sys.stdout.flush()
            missed += not row.is_met
    finally:
        teardown_databases(made, verbosity=0)
    return 1 if missed else 0


def numbers() -> list[str]:
    """The number of every file of the package, in order; a file is named after its rows: ``p05_append``."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [number_of(name) for name in names if name.startswith("p")]


def number_of(name: str) -> str:
    return name.split("_", maxsplit=1)[0].upper().replace("P0", "P")


def found_rows(wanted: set[str], *, full: bool) -> Iterator[BenchRow]:
    """The rows of the files of the package, by number."""
    for module in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda found: found.name):
        if module.name.startswith("p") and number_of(module.name) in wanted:
            yield from importlib.import_module(f"tests.benchmarks.{module.name}").rows(full=full)


def line_of(row: BenchRow) -> str:
    """One row as a line of the table."""
    limit = "" if row.limit is None else f"{row.limit:,.4g} {row.unit}"
    met = "met" if row.is_met else "MISSED"
    note = f"  ({row.note})" if row.note else ""
    return f"{row.number:4} {row.job:46} {row.ours:>9,.4g} {row.unit:<5} {limit:>12} {row.ratio:>7.2f}  {row.target}: {met}{note}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
