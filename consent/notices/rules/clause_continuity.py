"""What a new version of a text may lose of those before it without anybody noticing. Plain values in."""

from collections.abc import Mapping, Sequence

from consent.base.rules.policy_parser import INTRODUCTION, Clause, Code, Defect
from consent.notices.rules import text_diff

_SHOWN_TITLE = 60


def name(clause: Clause) -> str:
    """A clause as people call it: its number and its title."""
    if clause.number == INTRODUCTION:
        return "Introduction"
    title = clause.title if len(clause.title) <= _SHOWN_TITLE else clause.title[: _SHOWN_TITLE - 1].rstrip() + "…"
    return f"{clause.number} {title}"


def losses(draft: Sequence[Clause], *, number: int, older: Mapping[int, Sequence[Clause]]) -> list[Defect]:
    """What the draft loses of version ``number``, the one in force before its day: whole clauses, and words that it takes
    from a version before that. ``older`` holds the clauses of both and of all before them, by their numbers.
    """
    found = []
    for was, now in text_diff.pairs(older[number], draft):
        if was is None or (now is not None and was.body == now.body):
            continue
        if now is None:
            said = f"Clause {name(was)} of version {number} is not in this draft."
            found.append(Defect(Code.DROPPED_CLAUSE, was.number, said))
            continue
        source = _version_with(now, [one for one in sorted(older, reverse=True) if one != number], older)
        if source is not None:
            said = f"Clause {name(now)} has the words of version {source}, not those of version {number}."
            found.append(Defect(Code.OLDER_WORDS, now.number, said))
    return found


def _version_with(clause: Clause, numbers: Sequence[int], older: Mapping[int, Sequence[Clause]]) -> int | None:
    same = (one for one in numbers if any(c.title == clause.title and c.body == clause.body for c in older[one]))
    return next(same, None)
