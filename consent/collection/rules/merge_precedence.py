"""Two records turned out to be one person: of two last words about the same thing the stricter counts.

Plain values in: what each record said last, by (fiduciary, purpose, channel) and the place of the answer.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from consent.base.rules.status_fold import NO, YES


@dataclass(frozen=True)
class Word:
    """The last word of one record at one place: ``about`` is what a no covers everywhere, ``place`` where it was said."""

    about: Hashable
    place: Hashable
    answer: str


def ends(mine: Iterable[Word], others: Iterable[Word]) -> list[Word]:
    """Each yes of one record that ends because the other record said no to the same thing, at whatever address."""
    refused = {word.about for word in others if word.answer in NO}
    return [word for word in mine if word.answer in YES and word.about in refused]


def refused(mine: Iterable[Word], others: Iterable[Word]) -> list[Word]:
    """Each refusal of one record of what the other refused as well, at whatever address."""
    about = {word.about for word in others if word.answer in NO}
    return [word for word in mine if word.answer in NO and word.about in about]
