"""P14: the sweep of deadlines over many open grievances: nothing due, and some that have something to say."""

from collections.abc import Iterator

from django.db import connection, transaction

from portal.kernel.core import clock
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from tests.benchmarks import BenchRow, alternately
from tests.benchmarks.many import house, make_due, open_tickets, spent

#: Milliseconds that a look may take which finds nothing.
NOTHING = 5


def rows(*, full: bool) -> Iterator[BenchRow]:
    """The sweep against the bare look at its index, then against one UPDATE of the clocks that are due."""
    size, due = (1_000_000, 13_500) if full else (20_000, 200)
    house()
    now = clock.now()
    open_tickets(size, now=now)

    def look() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM law_clock WHERE next_at <= %s ORDER BY next_at, id LIMIT 500", [now])
            if cursor.fetchall():
                raise AssertionError("Something is due that should not be.")

    deadline_sweep.sweep(now=now)
    ours, limit = alternately(9, lambda: spent(lambda: deadline_sweep.sweep(now=now)), lambda: spent(look))
    note = f"{size:,} open grievances, {Clock.objects.exclude(next_at=None).count():,} clocks"
    yield BenchRow("P14", "sweep, nothing due", "ms", ours, limit, ours / limit, "under 5 ms", ours < NOTHING, note)
    bare = _bare(make_due(due, now=now), now=now)
    keys = make_due(due, now=now)
    took = spent(lambda: deadline_sweep.sweep(now=now))
    if Clock.objects.filter(pk__in=keys[:2_000], next_at__lte=now).exists():
        raise AssertionError("A clock that was due was not told.")
    yield BenchRow(
        "P14",
        f"sweep, {due:,} due",
        "ms",
        took,
        bare,
        took / bare,
        "within 3x of one UPDATE",
        took / bare <= 3,
        "each due clock is a transaction with its event and what its owner does",
    )


def _bare(keys: list[int], *, now: object) -> float:
    """Milliseconds of one UPDATE that claims what is due, as a set."""
    skip = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    sql = (
        "UPDATE law_clock SET next_at = NULL, told_percent = 50 WHERE id IN "
        f"(SELECT id FROM law_clock WHERE next_at <= %s{skip})"
    )

    def claim() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [now])
            if cursor.rowcount != len(keys):
                raise AssertionError("The UPDATE claimed other clocks.")

    return spent(claim)
