"""Two versions of a text, word by word and clause by clause. Plain values in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from consent.base.rules.policy_parser import Clause

_WORDS = re.compile(r"\s+|[^\s]+")
#: Two clauses with the same number are one clause, rewritten, when their titles share at least this much.
_SAME_TITLE = 0.6


class Sign(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Piece:
    """A run of words. ``number`` counts the changes of a whole comparison, from 1; 0 for an unchanged run."""

    sign: Sign
    text: str
    number: int


@dataclass(frozen=True)
class ClauseDifference:
    number: str
    title: str
    sign: Sign
    was_number: str = ""
    title_pieces: list[Piece] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether anything in the clause differs, its number included."""
        return self.sign is not Sign.SAME or self.number != self.was_number or self.first_change > 0

    @property
    def first_change(self) -> int:
        return next((piece.number for piece in [*self.title_pieces, *self.pieces] if piece.number), 0)


def word_pieces(old: str, new: str) -> list[tuple[Sign, str]]:
    """The runs that turn ``old`` into ``new``. Joining what is not added gives ``old``; what is not removed, ``new``.

    Changed words with only a blank between them are one change.
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    found: list[tuple[Sign, str]] = []
    gone = come = ""
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for place, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        same = "".join(before[i1:i2]) if tag == "equal" else ""
        if tag != "equal":
            gone, come = gone + "".join(before[i1:i2]), come + "".join(after[j1:j2])
        elif (gone or come) and not same.strip() and place + 1 < len(opcodes):
            gone, come = gone + same, come + same
        else:
            found += _changed(gone, come)
            gone = come = ""
            found.append((Sign.SAME, same))
    return found + _changed(gone, come)


def _changed(gone: str, come: str) -> list[tuple[Sign, str]]:
    return [(sign, text) for sign, text in ((Sign.REMOVED, gone), (Sign.ADDED, come)) if text]


def _alike(one: Clause, other: Clause) -> bool:
    if one.title == other.title:
        return True
    ratio = SequenceMatcher(None, one.title.casefold(), other.title.casefold(), autojunk=False).ratio()
    return one.number == other.number and (ratio >= _SAME_TITLE or one.body == other.body)


def pairs(old: Sequence[Clause], new: Sequence[Clause]) -> list[tuple[Clause | None, Clause | None]]:
    """Old and new clauses side by side, in the order of the new text, removed ones where they stood."""
    left = list(old)
    found: list[tuple[Clause | None, Clause | None]] = []
    for clause in new:
        same = [c for c in left if c.number == clause.number and _alike(c, clause)]
        match = same[0] if same else next((c for c in left if c.title == clause.title), None)
        if match is not None:
            left.remove(match)
        found.append((match, clause))
    for gone in left:
        place = old.index(gone)
        after = {id(clause) for clause in old[:place]}
        at = max((i + 1 for i, (was, _) in enumerate(found) if was is not None and id(was) in after), default=0)
        found.insert(at, (gone, None))
    return found


def compare(old: Sequence[Clause], new: Sequence[Clause]) -> list[ClauseDifference]:
    """Each clause of either version with its changed words, numbered through from 1 in reading order."""
    count = 0

    def numbered(found: list[tuple[Sign, str]]) -> list[Piece]:
        nonlocal count
        pieces = []
        for sign, text in found:
            if sign is not Sign.SAME:
                count += 1
            pieces.append(Piece(sign, text, 0 if sign is Sign.SAME else count))
        return pieces

    result = []
    for was, now in pairs(old, new):
        shown = now or was
        if shown is None:  # pragma: no cover - a pair has a side
            continue
        sign = Sign.SAME if was and now else (Sign.ADDED if now else Sign.REMOVED)
        result.append(
            ClauseDifference(
                number=shown.number,
                title=shown.title,
                sign=sign,
                was_number=was.number if was else "",
                title_pieces=numbered(word_pieces(was.title if was else "", now.title if now else "")),
                pieces=numbered(word_pieces(was.body if was else "", now.body if now else "")),
            )
        )
    return result


def changes(differences: Sequence[ClauseDifference]) -> int:
    """How many runs of words were added or removed."""
    return sum(1 for one in differences for piece in [*one.title_pieces, *one.pieces] if piece.number)


def dropped(differences: Sequence[ClauseDifference]) -> list[str]:
    """The clauses that the new version does not have, by number and title."""
    return [f"{one.number} {one.title}".strip() for one in differences if one.sign is Sign.REMOVED]


def moved(differences: Sequence[ClauseDifference]) -> list[tuple[str, str, str]]:
    """The clauses that have another number than before: the old one, the new one, the title."""
    return [
        (one.was_number, one.number, one.title)
        for one in differences
        if one.sign is Sign.SAME and one.was_number != one.number
    ]
