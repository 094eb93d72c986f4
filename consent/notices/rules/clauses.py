"""Editing a text clause by clause. Plain values in and out; places count from 1, as they stand in the text."""

import re
from collections.abc import Sequence
from dataclasses import replace

from consent.base.rules.policy_parser import INTRODUCTION, Clause, parse

_NUMBER = re.compile(r"[1-9]\d?(?:\.[1-9]\d?){0,3}")


class BadEdit(ValueError):
    """The edit cannot be made. ``code`` says why; ``clause`` is the number it is about."""

    def __init__(self, code: str, clause: str) -> None:
        super().__init__(f"{code} {clause}")
        self.code = code
        self.clause = clause


def compose(clauses: Sequence[Clause]) -> str:
    """The text of these clauses, as ``policy_parser.parse`` reads it back.

    Raises BadEdit (``READS_OTHERWISE``) where a title or a line would be read as something else, a heading in the middle of
    a clause for instance.
    """
    parts = []
    for clause in clauses:
        if clause.number != INTRODUCTION:
            dot = "." if "." not in clause.number else ""
            parts.append(f"{clause.number}{dot} {clause.title}")
        if clause.body:
            parts.append(clause.body)
    text = "\n\n".join(parts) + "\n"
    wanted = [replace(clause, promise="") for clause in clauses]
    read = parse(text)
    if read != wanted:
        first = next((c for c, r in zip(wanted, read, strict=False) if c != r), wanted[-1] if wanted else None)
        raise BadEdit("READS_OTHERWISE", first.number if first else INTRODUCTION)
    return text


def neat(body: str) -> str:
    """A body as the parser keeps it: no blanks at the ends of lines, one empty line between paragraphs."""
    lines = (line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def add(clauses: Sequence[Clause], clause: Clause, *, shift: bool = False) -> list[Clause]:
    """With a new clause at the place of its number. ``shift`` lets the one that has the number, and those after it
    beside it, move on by one. Raises BadEdit (``BAD_NUMBER``, ``NUMBER_TAKEN``).
    """
    _check_number(clause.number)
    present = list(clauses)
    if any(other.number == clause.number for other in present):
        if not shift:
            raise BadEdit("NUMBER_TAKEN", clause.number)
        present = [_shifted(other, clause.parts) for other in present]
    return _inserted(present, [clause])


def change(clauses: Sequence[Clause], place: int, clause: Clause) -> list[Clause]:
    """With other words at a place. Another number takes the sub-clauses along, to where that number stands."""
    was = _at(clauses, place)
    if was.number in {clause.number, INTRODUCTION}:
        return [*clauses[: place - 1], replace(clause, number=was.number), *clauses[place:]]
    _check_number(clause.number)
    end = _end(clauses, place)
    rest = [*clauses[: place - 1], *clauses[end:]]
    if any(other.number == clause.number for other in rest):
        raise BadEdit("NUMBER_TAKEN", clause.number)
    under = [_renamed(other, was.number, clause.number) for other in clauses[place:end]]
    return _inserted(rest, [clause, *under])


def remove(clauses: Sequence[Clause], place: int) -> list[Clause]:
    """Without the clause. Raises BadEdit (``HAS_CLAUSES_UNDER``) while there are sub-clauses."""
    if _end(clauses, place) > place:
        raise BadEdit("HAS_CLAUSES_UNDER", _at(clauses, place).number)
    return [*clauses[: place - 1], *clauses[place:]]


def move(clauses: Sequence[Clause], place: int, *, down: bool) -> list[Clause]:
    """Past its neighbour on the same level, both with their sub-clauses; they exchange numbers.

    Raises BadEdit (``NO_NEIGHBOUR``) at the end of a level.
    """
    first = place if down else _before(clauses, place)
    if first is None:
        raise BadEdit("NO_NEIGHBOUR", _at(clauses, place).number)
    second = _end(clauses, first) + 1
    if second > len(clauses) or not _are_beside(clauses[first - 1], clauses[second - 1]):
        raise BadEdit("NO_NEIGHBOUR", _at(clauses, place).number)
    end = _end(clauses, second)
    one, other = clauses[first - 1].number, clauses[second - 1].number
    lower = [_renamed(clause, other, one) for clause in clauses[second - 1 : end]]
    upper = [_renamed(clause, one, other) for clause in clauses[first - 1 : second - 1]]
    return [*clauses[: first - 1], *lower, *upper, *clauses[end:]]


def number_through(clauses: Sequence[Clause]) -> list[Clause]:
    """Numbered 1, 2, 3 without gaps on each level, in the order in which they stand."""
    result, seen = [], list[int]()
    for clause in clauses:
        if clause.number == INTRODUCTION:
            result.append(clause)
            continue
        depth = min(len(clause.parts), len(seen) + 1)
        seen = [*seen[: depth - 1], seen[depth - 1] + 1 if depth <= len(seen) else 1]
        result.append(replace(clause, number=".".join(map(str, seen))))
    return result


def with_promises(clauses: Sequence[Clause], before: Sequence[tuple[Clause | None, Clause | None]]) -> list[Clause]:
    """Each numbered clause with the code of its promise: its own, that of the clause it was (``before`` pairs old and
    new), else one made of its number.
    """
    kept = {id(now): was.promise for was, now in before if was is not None and now is not None}
    codes = [clause.promise or kept.get(id(clause), "") for clause in clauses]
    taken = {code for code in codes if code}
    result = []
    for clause, found in zip(clauses, codes, strict=True):
        code = found
        if not code and clause.number != INTRODUCTION:
            code = next(
                c for n in range(1, 1000) if (c := f"P{clause.number}" + (f"-{n}" if n > 1 else "")) not in taken
            )
            taken.add(code)
        result.append(replace(clause, promise=code))
    return result


def is_number(number: str) -> bool:
    """Whether a clause may have this number."""
    return _NUMBER.fullmatch(number) is not None


def _check_number(number: str) -> None:
    if not is_number(number):
        raise BadEdit("BAD_NUMBER", number[:16])


def _at(clauses: Sequence[Clause], place: int) -> Clause:
    if not 1 <= place <= len(clauses):
        raise BadEdit("NO_SUCH_CLAUSE", str(place))
    return clauses[place - 1]


def _end(clauses: Sequence[Clause], place: int) -> int:
    """The place of the last of its sub-clauses, its own without any."""
    number = _at(clauses, place).number
    end = place
    while end < len(clauses) and clauses[end].number.startswith(f"{number}."):
        end += 1
    return end


def _before(clauses: Sequence[Clause], place: int) -> int | None:
    """The neighbour before on the same level, or None."""
    own = _at(clauses, place)
    for other in range(place - 1, 0, -1):
        if _are_beside(clauses[other - 1], own):
            return other
        if len(clauses[other - 1].parts) < len(own.parts):
            return None
    return None


def _are_beside(one: Clause, other: Clause) -> bool:
    return bool(one.parts) and one.parts[:-1] == other.parts[:-1] and len(one.parts) == len(other.parts)


def _renamed(clause: Clause, old: str, new: str) -> Clause:
    """The clause ``old``, or one under it, where ``new`` takes the place of that number."""
    return replace(clause, number=new + clause.number[len(old) :])


def _shifted(clause: Clause, place: tuple[int, ...]) -> Clause:
    depth = len(place)
    parts = clause.parts
    if len(parts) < depth or parts[: depth - 1] != place[:-1] or parts[depth - 1] < place[-1]:
        return clause
    moved = (*parts[: depth - 1], parts[depth - 1] + 1, *parts[depth:])
    return replace(clause, number=".".join(map(str, moved)))


def _inserted(clauses: Sequence[Clause], block: Sequence[Clause]) -> list[Clause]:
    place = next((n for n, other in enumerate(clauses) if other.parts > block[0].parts), len(clauses))
    return [*clauses[:place], *block, *clauses[place:]]
