"""Which approvals are looked at a second time: a share, drawn by a hash that anybody can compute again. Pure."""

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from math import ceil


def ranked(items: Iterable[str], *, seed: str) -> list[str]:
    """The items in the order of SHA-256 over the seed, a colon and the item."""
    return sorted(set(items), key=lambda one: (hashlib.sha256(f"{seed}:{one}".encode()).hexdigest(), one))


def chosen(references: Iterable[str], *, seed: str, share: Fraction) -> list[str]:
    """So many per cent of the references, rounded up, in the order in which they are drawn.

    The order is that of SHA-256 over the seed and the reference: nobody can foresee it before the seed is known, and
    whoever has both can replay it. A larger share draws the same ones and more.
    """
    drawn = ranked(references, seed=seed)
    return drawn[: ceil(len(drawn) * share / 100)]
