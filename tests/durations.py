"""Where the time of a run went, by folder of tests: printed at its end, of a run in several processes too."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Protocol


class Timed(Protocol):
    """What pytest reports of one phase of a test: setup, call or teardown."""

    nodeid: str
    duration: float


def by_part(reports: Iterable[Timed]) -> list[tuple[str, int, float]]:
    """Each folder right below ``tests`` with the number of its tests and their seconds, the longest first.

    Seconds of two processes count twice: it is what the tests took, not how long somebody waited for them.
    """
    seconds: dict[str, float] = defaultdict(float)
    tests: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        folders = PurePosixPath(report.nodeid.partition("::")[0]).parts[:-1]
        part = "/".join(folders[:2])
        seconds[part] += report.duration
        tests[part].add(report.nodeid)
    return sorted(((part, len(tests[part]), seconds[part]) for part in seconds), key=lambda row: (-row[2], row[0]))


def lines(rows: list[tuple[str, int, float]]) -> list[str]:
    """The table as it is printed; empty where there is nothing to compare."""
    if len(rows) < 2:
        return []
    whole = sum(seconds for _part, _count, seconds in rows) or 1
    return [
        f"{seconds:8.1f} s  {100 * seconds / whole:3.0f} %  {count:6,} tests  {part}" for part, count, seconds in rows
    ]
