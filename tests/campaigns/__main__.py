"""Runs the campaigns long and writes their table. The exit code is 1 where one failed.

``python -m tests.campaigns --write``: on the stack of the environment; a line of another stack stays as it is.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "portal/docs/campaigns.md"
BEGIN, END = "<!-- campaigns: begin -->", "<!-- campaigns: end -->"
#: The file of the counts; ``counts.FILE``, which needs Django.
FILE: Final = "CAMPAIGN_COUNTS"
#: Each file of tests that counts, and which of its tests; those that a stack cannot try are left out by themselves.
TESTS: Final[dict[str, str]] = {
    "tests/campaigns/test_races_of_erasures.py": "",
    "tests/campaigns/test_races_of_roles.py": "is_recorded",
    "tests/campaigns/test_races_of_undos.py": "",
    "tests/campaigns/test_races_of_keys.py": "",
    "tests/campaigns/test_races_of_files.py": "",
    "tests/ledger/test_sealing.py": "many_writers",
    "tests/ledger/test_races.py": "without_a_fork",
    "tests/campaigns/test_faults_of_clocks.py": "",
    "tests/campaigns/test_faults_of_disks.py": "",
    "tests/campaigns/test_faults_of_beats.py": "",
    "tests/campaigns/test_faults_of_mail.py": "",
    "tests/campaigns/test_faults_of_services.py": "",
    "tests/selfservice/test_database_away.py": "none_is_lost",
    "tests/journeys/test_killed_processes.py": "",
    "tests/outbox/test_killed.py": "",
    "tests/upgrade/test_upgrade.py": "",
    "tests/vault/test_escapes.py": "no_attempt",
}
#: Those that are the same in every run: asked for by both marks, for on PostgreSQL most of the quick run is full.
WITHOUT_LONG_FORM: Final = {
    "tests/ledger/test_sealing.py",
    "tests/ledger/test_races.py",
    "tests/vault/test_escapes.py",
}
HEAD: Final = "| Campaign | Stack | Attempts | Refused | Acknowledged | Lost | Tests |\n|---|---|---|---|---|---|---|"


def run(path: str, names: str, *, marks: str) -> tuple[list[dict[str, Any]], int]:
    """What the tests of one file counted, and pytest's exit code."""
    with tempfile.TemporaryDirectory(prefix="campaigns-") as scratch:
        counted = Path(scratch) / "counts"
        command = ["./run", "test", path, "-q", "-n0", "-m", marks, *(["-k", names] if names else [])]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, FILE: str(counted)}, check=False).returncode
        lines = counted.read_text().splitlines() if counted.exists() else []
    return [{**json.loads(line), "path": path} for line in lines], code


def row(count: dict[str, Any]) -> str:
    numbers = " | ".join(f"{count[name]:,}" for name in ("attempts", "refused", "acknowledged", "lost"))
    if count["refused"] and count.get("why"):
        attempts, _bar, rest = numbers.partition(f" | {count['refused']:,} | ")
        numbers = f"{attempts} | {count['refused']:,} ({count['why']}) | {rest}"
    return f"| {count['campaign']} | {count['stack']} | {numbers} | `{count['path']}` |"


def place_of(line: str) -> tuple[str, str]:
    """Campaign and stack of a row."""
    cells = [cell.strip() for cell in line.split("|")]
    return cells[1], cells[2]


def table(page: str, counts: list[dict[str, Any]]) -> str:
    """The page with these rows in the place of those of the same campaign and stack. Raises ValueError without a place."""
    before, begin, rest = page.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no place for the table: {BEGIN} {END}")
    rows = {
        place_of(line): line for line in old.splitlines() if line.startswith("| ") and not line.startswith("| Camp")
    }
    rows |= {place_of(line): line for line in map(row, counts)}
    order = list(TESTS)

    def key(item: tuple[tuple[str, str], str]) -> tuple[int, str, str]:
        path = item[1].rpartition("`")[0].rpartition("`")[2]
        return (order.index(path) if path in order else len(order), *item[0])

    lines = [line for _place, line in sorted(rows.items(), key=key)]
    return f"{before}{BEGIN}\n{HEAD}\n" + "\n".join(lines) + f"\n{END}{after}"


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    asked.add_argument("--short", action="store_true", help="as in the quick run")
    asked.add_argument("--only", action="append", help="this file of tests alone; may be given several times")
    asked.add_argument("--write", action="store_true", help="put the rows into portal/docs/campaigns.md")
    given = asked.parse_args()
    counts: list[dict[str, Any]] = []
    failed = []
    for path in given.only or TESTS:
        long_form = "full or not full" if path in WITHOUT_LONG_FORM else "full"
        marks = "not full" if given.short else long_form
        found, code = run(path, TESTS.get(path, ""), marks=marks)
        counts += found
        # 5: on this stack, or in this form, the file has nothing to try.
        failed += [path] if code not in {0, 5} else []
    if given.write:
        PAGE.write_text(table(PAGE.read_text(), counts))
    print("\n".join([HEAD, *map(row, counts), *(f"FAILED: {path}" for path in failed)]))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
