"""P8: an inclusion proof in a tree of a million leaves, nothing cached."""

import random
from collections.abc import Iterator

from portal.kernel.ledger import tree
from portal.kernel.ledger.models import Head
from portal.kernel.ledger.services import tiles
from tests.benchmarks import BenchRow, seconds
from tests.benchmarks.p07_seal import LARGE, Tree

PROOFS = 500


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Median and 99th percentile, against the tile reads alone."""
    Tree(LARGE).store()
    head = Head.objects.get()
    chosen = random.Random(8).sample(range(head.size), PROOFS * (4 if full else 1))
    times, limits = [], []
    for index in chosen:
        took = []
        path = tiles.nodes(index=index, size=head.size).inclusion(index, head.size)
        leaf = tiles.read_tile(0, index >> 8)[(index & 255) * 32 :][:32]
        if tree.root_from_inclusion(leaf, index=index, size=head.size, path=path) != bytes(head.root):
            raise AssertionError("A proof does not lead to the root.")
        took.append(seconds(lambda index=index: tiles.nodes(index=index, size=head.size).inclusion(index, head.size)))
        times += took
        limits.append(
            seconds(lambda index=index: [tiles.read_tile(level, index >> 8 * (level + 1)) for level in range(3)])
        )
    times.sort()
    limits.sort()
    middle, late = times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000
    limit = limits[len(limits) // 2] * 1000
    note = f"p99 {late:.2f} ms"
    target = "p50 under 3 ms, p99 under 10 ms"
    yield BenchRow(
        "P8",
        "inclusion proof in 1M leaves",
        "ms",
        middle,
        limit,
        middle / limit,
        target,
        middle < 3 and late < 10,
        note,
    )
