"""Editing a text clause by clause. Plain values in and out; places count from 1, as they stand in the text."""

import re
from collections.abc import Sequence
from dataclasses import replace

from consent.base.rules.policy_parser import INTRODUCTION, Clause, parse

_NUMBER = re.compile(r"[1-9]\d?(?:\.[1-9]\d?){0,3}")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})[.)]?[ \t]+(\S.*)$")
#: A line without a number that is not longer may be a heading; a title, as the parser reads it back.
_SHORT, _LONGEST_TITLE = 80, 120


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


def join(clauses: Sequence[Clause], place: int) -> list[Clause]:
    """With the clause as further words of the one above it: what was read as its heading is a line of the text.

    Raises BadEdit (``NOTHING_ABOVE``) for the first one.
    """
    own = _at(clauses, place)
    if place == 1:
        raise BadEdit("NOTHING_ABOVE", own.number)
    above = clauses[place - 2]
    heading = f"{own.number} {own.title}".strip()
    body = "\n\n".join(part for part in (f"{above.body} {heading}" if above.body else "", own.body) if part)
    title = above.title if above.body else f"{above.title} {heading}".strip()
    return [*clauses[: place - 2], replace(above, title=title, body=body), *clauses[place:]]


def split(clauses: Sequence[Clause], place: int, line: int) -> list[Clause]:
    """With the line of the clause (from 1) as the heading of a clause of its own, which takes what is below it.

    A number before it stays. Without one it is numbered after the clause it was in, or as the first under it where there
    are others; those that follow move on by one. Raises BadEdit (``NO_SUCH_CLAUSE``, ``NO_HEADING``, ``BAD_NUMBER``).
    """
    own = _at(clauses, place)
    lines = own.body.split("\n")
    if not 1 <= line <= len(lines):
        raise BadEdit("NO_SUCH_CLAUSE", own.number)
    found = _as_heading(lines[line - 1])
    if found is None:
        raise BadEdit("NO_HEADING", own.number)
    number, title, rest = found
    above = replace(own, body=neat("\n".join(lines[: line - 1])))
    following = list(clauses[place:])
    if not number:
        number = _next_number(own, has_clauses_under=_end(clauses, place) > place)
        parts = tuple(int(part) for part in number.split("."))
        following = [_shifted(other, parts) for other in following]
    _check_number(number)
    made = Clause(number, title, neat("\n".join([rest, *lines[line:]])))
    before = [above] if above.number != INTRODUCTION or above.body else []
    return [*clauses[: place - 1], *before, made, *following]


def headings_in(clause: Clause) -> list[tuple[int, str]]:
    """The lines of a clause that look like headings of clauses of their own, each with its place from 1."""
    lines = clause.body.split("\n")
    found = []
    for place, line in enumerate(lines, 1):
        begins = place == 1 or not lines[place - 2].strip()
        plain = line.strip()
        is_short = begins and 0 < len(plain) <= _SHORT and not plain.endswith((".", "!", "?", "।", ":", ";", ","))
        if (_NUMBERED.match(plain) or (is_short and plain[0].isalpha())) and _as_heading(plain):
            found.append((place, plain))
    return found


def _as_heading(line: str) -> tuple[str, str, str] | None:
    """The number of a line, if it has one, its first sentence as a title, and what follows; None where that is too long."""
    numbered = _NUMBERED.match(line.strip())
    said = numbered[2] if numbered else line.strip()
    first, *rest = re.split(r"(?<=[.!?।])\s+", said, maxsplit=1)
    title = first.rstrip(".!?।").strip()
    if not title or len(title) > _LONGEST_TITLE:
        return None
    return (numbered[1] if numbered else ""), title, "".join(rest)


def _next_number(clause: Clause, *, has_clauses_under: bool) -> str:
    if clause.number == INTRODUCTION:
        return "1"
    if has_clauses_under:
        return f"{clause.number}.1"
    return ".".join(map(str, (*clause.parts[:-1], clause.parts[-1] + 1)))


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
