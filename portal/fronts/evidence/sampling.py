"""Samples that anybody can draw again: from the population, the method, the size and the printed seed. Pure, and told the same
way in ``portal/kernel/ledger/data/verify.py``, which draws again from the pack alone.

``random``   the lowest by SHA-256 over the seed, a colon and the item; ties by the item.
``every``    each k-th item in the order of the population, k being the population's size over the sample's, rounded down;
             the first one is item (seed modulo k), counted from nought.
``first``    the first ones in the order of the population, which is then that of the highest risk.
"""

import hashlib
from collections.abc import Sequence

from kyc.qa_reviews import sampling

RANDOM, EVERY, FIRST = "random", "every", "first"
METHODS = (RANDOM, EVERY, FIRST)


def listed(population: Sequence[str]) -> bytes:
    """The population as a file: an item a line, in its order."""
    return "".join(f"{item}\n" for item in population).encode()


def digest(population: Sequence[str]) -> str:
    """SHA-256 (hex) of the population as a file."""
    return hashlib.sha256(listed(population)).hexdigest()


def drawn(population: Sequence[str], *, method: str, size: int, seed: int) -> list[str]:
    """The sample in the order in which it is drawn; the whole population where that is smaller.

    Raises ValueError for a method that is none.
    """
    if method not in METHODS:
        raise ValueError(f"{method} is no way of drawing a sample.")
    size = min(size, len(population))
    if method == RANDOM:
        return sampling.ranked(population, seed=str(seed))[:size]
    if method == FIRST or not size:
        return list(population[:size])
    step = len(population) // size
    return list(population[seed % step :: step][:size])
