"""P9: verify the whole ledger, against a script that streams the payloads, hashes them and folds the tree."""

import resource
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import Act, record_many
from portal.kernel.core.actor import SYSTEM
from portal.kernel.ledger import commitment, services, tree
from portal.kernel.ledger.models import Head, Pending
from tests.benchmarks import BenchRow, alternately, seconds

SET = 2_000
MOST_MEMORY = 200 * 1024 * 1024
LEAVES = (
    "SELECT p.body, p.salt FROM ledger_leaf l JOIN ledger_payload p ON p.entry_id = l.entry_id"
    " WHERE l.idx < %s ORDER BY l.idx"
)


def grow(to: int) -> None:
    """Audit events, sealed and signed, until the ledger holds so many entries."""
    while (size := Head.objects.values_list("size", flat=True).first() or 0) < to:
        acts = [
            Act(f"people.principal:{number}", {"fields": "full_name"}) for number in range(size, min(size + SET, to))
        ]
        with transaction.atomic():
            record_many(AuditKind.PEOPLE_PRINCIPAL_CHANGED, actor=SYSTEM, acts=acts)
        services.seal_now(wait=60)
    services.seal_now(wait=60)  # what rows before left in the queue


def bare(size: int) -> bytes:
    """The root over the payloads as they are stored: nothing compared, no row but these read."""
    frontier = tree.Frontier()
    frontier.extend(
        sha256(b"\x00\x01" + sha256(commitment.TAG + salt + body).digest()).digest() for body, salt in _streamed(size)
    )
    return frontier.root()


def _streamed(size: int) -> Iterator[tuple[bytes, bytes]]:
    driver: Any = connection.connection
    if connection.vendor != "postgresql":
        yield from driver.execute(LEAVES.replace("%s", "?"), (size,))
        return
    with transaction.atomic(), driver.cursor(name="bench_leaves") as cursor:
        cursor.itersize = SET
        cursor.execute(LEAVES, (size,))
        yield from cursor


def check() -> None:
    """Every check over every leaf. Raises AssertionError when one fires."""
    told: list[int] = []
    report = services.verify(progress=lambda done, _all: told.append(done))
    if not report.ok or not told:
        raise AssertionError(f"The ledger does not verify: {report.checks}")


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Seconds for all entries; memory; and how the time of one entry grew from a tenth of them."""
    small, large = (100_000, 1_000_000) if full else (5_000, 50_000)
    grow(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    on_small = alternately(3, lambda: seconds(check))[0] / Head.objects.get().size
    grow(large)
    size = Head.objects.get().size
    if Pending.objects.exists() or bare(size) != bytes(Head.objects.get().root):
        raise AssertionError("The payloads do not lead to the root.")
    ours, limit = alternately(3, lambda: seconds(check), lambda: seconds(lambda: bare(size)))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    ratio = ours / limit
    note = f"peak grew by {grown / 1e6:.0f} MB"
    is_met = ratio <= 3 and grown < MOST_MEMORY
    yield BenchRow("P9", f"verify {size:,} entries", "s", ours, limit, ratio, "at most 3, under 200 MB", is_met, note)
    growth = ours / size / on_small
    note = f"{small:,} to {size:,} entries"
    job, each = "the same for one entry, ten times the entries", "us"
    target, is_met = "flat: at most 1.3", growth <= 1.3
    yield BenchRow("P9", job, each, ours / size * 1e6, on_small * 1e6, growth, target, is_met, note)
