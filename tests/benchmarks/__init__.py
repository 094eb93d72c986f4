"""Speed as ratios: each row measures the product and a raw limit alternately in one run, after checking the results.

A file of this package defines ``rows(full: bool) -> Iterator[BenchRow]``; ``python -m tests.benchmarks`` finds it.
"""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class BenchRow:
    """One line of the report. ``ours`` and ``limit`` are in ``unit``; the ratio is what is judged."""

    number: str
    job: str
    unit: str
    ours: float
    limit: float | None
    ratio: float
    target: str
    is_met: bool
    note: str = ""


def alternately(
    repeats: int, *jobs: Callable[[], float], of: Callable[[list[float]], float] = statistics.median
) -> list[float]:
    """Run the jobs in turn ``repeats`` times and return the median of what each returns, or what ``of`` takes of it.

    Where two jobs differ by a few hundredths their best is compared (``max`` of rates, ``min`` of seconds): what else runs
    on the machine only ever slows them down.
    """
    results: list[list[float]] = [[] for _ in jobs]
    for _ in range(repeats):
        for job, found in zip(jobs, results, strict=True):
            found.append(job())
    return [of(found) for found in results]


def seconds(job: Callable[[], object]) -> float:
    """How long one call takes, without the collector's pauses."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        job()
        return time.perf_counter() - start
    finally:
        gc.enable()
