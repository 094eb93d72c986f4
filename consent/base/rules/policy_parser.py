"""A policy text as numbered clauses, and what is wrong with it. Plain values in; the words to look for are data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

#: The text before clause 1.
INTRODUCTION = "introduction"

_HEADING = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})[.)]?[ \t]+(\S.*)$")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•–·▪◦‣]|\(?[a-zA-Z\d]{1,3}[.)]|\(?[ivxIVX]{1,5}[.)])\s+\S")
_SENTENCE_END = re.compile(r"[.!?।][\"'”’)]*$")
#: Lines that end without a full stop and are whole: "E-mail: help@shop.example", an address, a link, a postal code.
_WHOLE_LINE = re.compile(r"^[^.:]{1,30}:\s*\S|\S@\S+$|\d$|://\S+$")
_GOES_ON = re.compile(r"(?:,|\b(?:and|or))$", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?।])\s+")
#: Longer lines are sentences that happen to begin with a number.
_LONGEST_TITLE = 140
#: A heading without a full stop; but "2. We collect data." is a numbered sentence.
_LONGEST_GAP = 50


class Code(StrEnum):
    """What can be wrong with a policy text. Codes are stable."""

    CONSENT_BY_USE = "CONSENT_BY_USE"
    DARK_PATTERN = "DARK_PATTERN"
    DROPPED_CLAUSE = "DROPPED_CLAUSE"
    EMPTY_LIST = "EMPTY_LIST"
    MISSING_CLAUSE = "MISSING_CLAUSE"
    MISSING_FIELD = "MISSING_FIELD"
    NO_CLAUSES = "NO_CLAUSES"
    NO_CONTENT = "NO_CONTENT"
    NO_OFFICER_NAME = "NO_OFFICER_NAME"
    NO_SUMMARY = "NO_SUMMARY"
    OLDER_WORDS = "OLDER_WORDS"
    REPEATED_NUMBER = "REPEATED_NUMBER"
    UNDONE_LATER = "UNDONE_LATER"
    UNFINISHED = "UNFINISHED"


@dataclass(frozen=True)
class Clause:
    """One numbered clause, or the introduction. ``body`` keeps its paragraphs, parted by an empty line.

    ``promise`` is the code of what the clause promises; it goes with the clause when that gets another number.
    """

    number: str
    title: str
    body: str
    promise: str = ""

    @property
    def paragraphs(self) -> list[str]:
        return [part for part in self.body.split("\n\n") if part.strip()]

    @property
    def parts(self) -> tuple[int, ...]:
        """The number as a tuple; empty for the introduction."""
        return tuple(int(part) for part in self.number.split(".")) if self.number != INTRODUCTION else ()


@dataclass(frozen=True)
class Defect:
    code: Code
    clause: str
    message: str


@dataclass(frozen=True)
class Checks:
    """The words a text is checked against (``consent/data/policy_checks.toml``), compiled."""

    consent_by_use: tuple[re.Pattern[str], ...]
    officer_mentioned: re.Pattern[str]
    officer_named: tuple[re.Pattern[str], ...]
    #: A heading that matches the first promises what the second finds in the text under it.
    content: tuple[tuple[re.Pattern[str], re.Pattern[str], str], ...]


class Officer(TypedDict):
    mentioned: str
    named: list[str]


class ByUse(TypedDict):
    patterns: list[str]


class Promised(TypedDict):
    heading: str
    named: str
    missing: str


class ChecksFile(TypedDict):
    """The file as it is read."""

    officer: Officer
    consent_by_use: ByUse
    content: list[Promised]


def compile_checks(data: ChecksFile) -> Checks:
    """Checks from the data file. Raises KeyError or re.error for a file that is not whole."""
    officer, content, use = data["officer"], data["content"], data["consent_by_use"]
    return Checks(
        consent_by_use=tuple(re.compile(pattern, re.IGNORECASE) for pattern in use["patterns"]),
        officer_mentioned=re.compile(officer["mentioned"], re.IGNORECASE),
        officer_named=tuple(re.compile(pattern) for pattern in officer["named"]),
        content=tuple(
            (re.compile(row["heading"], re.IGNORECASE), re.compile(row["named"], re.IGNORECASE), row["missing"])
            for row in content
        ),
    )


def parse(text: str) -> list[Clause]:
    """The introduction (when there is one) and the numbered clauses, in the order of the text.

    A clause begins at a line with a number and a title and no full stop at its end. Line breaks inside a paragraph stay;
    several empty lines count as one.
    """
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    clauses: list[Clause] = []
    number, title, body = INTRODUCTION, "", list[str]()

    def close() -> None:
        plain = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip()
        if number != INTRODUCTION or plain:
            clauses.append(Clause(number, title, plain))

    for line in lines:
        found = _HEADING.match(line.strip())
        if found and len(line) <= _LONGEST_TITLE and not _SENTENCE_END.search(line.strip()):
            close()
            number, title, body = found[1], found[2].strip(), []
        else:
            body.append(line.rstrip())
    close()
    return clauses


def numbered(clauses: Sequence[Clause]) -> list[Clause]:
    """Without the introduction."""
    return [clause for clause in clauses if clause.number != INTRODUCTION]


def find_defects(
    clauses: Sequence[Clause], checks: Checks, *, officer_names: frozenset[str] = frozenset()
) -> list[Defect]:
    """Everything that keeps the text from being published, in reading order.

    ``officer_names`` are names known to be the officer's: a text that holds one of them names the officer.
    """
    if not numbered(clauses):
        return [Defect(Code.NO_CLAUSES, INTRODUCTION, "The text has no numbered clause such as “1. Scope”.")]
    found = [
        *_numbering(clauses),
        *(defect for clause in clauses for defect in _of_clause(clause, clauses, checks)),
        *_officer(clauses, checks, officer_names),
    ]
    order = {clause.number: place for place, clause in enumerate(clauses)}
    return sorted(found, key=lambda defect: (_place(defect.clause, order), defect.code, _number(defect.clause)))


def _number(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".")) if number[:1].isdigit() else ()


def _place(number: str, order: Mapping[str, int]) -> int:
    """A missing clause stands where its parent does, else at the end."""
    while number not in order and "." in number:
        number = number.rpartition(".")[0]
    return order.get(number, len(order))


def _of_clause(clause: Clause, clauses: Sequence[Clause], checks: Checks) -> list[Defect]:
    has_children = any(other.number.startswith(clause.number + ".") for other in clauses)
    found = [
        Defect(Code.EMPTY_LIST, clause.number, f"“{lead}” is followed by no list.")
        for lead in _empty_lists(clause, has_children=has_children)
    ]
    if clause.number != INTRODUCTION and not has_children:
        if not clause.body:
            found.append(
                Defect(Code.NO_CONTENT, clause.number, f"“{clause.title}” is a heading with no text under it.")
            )
        else:
            found += [
                Defect(Code.NO_CONTENT, clause.number, f"“{clause.title}”: {missing}")
                for heading, named, missing in checks.content
                if heading.search(clause.title) and not named.search(clause.body)
            ]
    if clause.number != INTRODUCTION and (cut := _cut_off(clause)):
        found.append(Defect(Code.UNFINISHED, clause.number, f"The clause breaks off: “{cut}”"))
    for sentence in _sentences(clause.body):
        if any(pattern.search(sentence) for pattern in checks.consent_by_use):
            found.append(Defect(Code.CONSENT_BY_USE, clause.number, f"Use is taken for consent: “{_short(sentence)}”"))
    return found


def _sentences(body: str) -> list[str]:
    return [" ".join(s.split()) for paragraph in body.split("\n\n") for s in _SENTENCES.split(paragraph)]


def _short(sentence: str, most: int = 160) -> str:
    return sentence if len(sentence) <= most else sentence[: most - 1].rstrip() + "…"


def _empty_lists(clause: Clause, *, has_children: bool) -> list[str]:
    """The leads that end in a colon and have no list after them. Sub-clauses are a list; so are lines under the lead."""
    lines = [line for line in clause.body.split("\n") if line.strip()]
    starts = {part.split("\n")[0] for part in clause.paragraphs}
    found = []
    for place, line in enumerate(lines):
        if not line.rstrip().endswith((":", "：")):
            continue
        following = lines[place + 1] if place + 1 < len(lines) else None
        if following is None:
            if not has_children:
                found.append(_short(line.strip()))
        elif following in starts and not _is_item(following):
            found.append(_short(line.strip()))
    return found


def _cut_off(clause: Clause) -> str:
    """The last line of a clause that has no end; empty when it is whole. A colon is an empty list, or leads to sub-clauses."""
    lines = [line.strip() for line in clause.body.split("\n") if line.strip()]
    last = lines[-1] if lines else ""
    if not last or last.endswith((":", "：")) or _SENTENCE_END.search(last):
        return ""
    in_list = bool(_LIST_ITEM.match(last)) or any(line.endswith(":") for line in clause.paragraphs[-1].split("\n"))
    is_whole = not _GOES_ON.search(last) if in_list else bool(_WHOLE_LINE.search(last))
    return "" if is_whole else _short(last)


def _is_item(line: str) -> bool:
    """A marked line, or a short one that is no sentence: "Income-tax law;" but not "We only share what we must."."""
    return bool(_LIST_ITEM.match(line)) or not _SENTENCE_END.search(line.strip())


def _numbering(clauses: Sequence[Clause]) -> list[Defect]:
    """Gaps and repetitions among the numbers, level by level."""
    found: list[Defect] = []
    seen: set[tuple[int, ...]] = set()
    last: dict[tuple[int, ...], int] = {}
    for clause in numbered(clauses):
        *parent, own = clause.parts
        if clause.parts in seen:
            found.append(Defect(Code.REPEATED_NUMBER, clause.number, f"There are two clauses {clause.number}."))
            continue
        seen.add(clause.parts)
        before = last.get(tuple(parent), 0)
        if 1 < own - before <= _LONGEST_GAP:
            for missing in range(before + 1, own):
                name = ".".join(map(str, (*parent, missing)))
                said = f"Clause {name} is missing: the text continues with {clause.number}."
                found.append(Defect(Code.MISSING_CLAUSE, name, said))
        last[tuple(parent)] = max(before, own)
    return found


def _officer(clauses: Sequence[Clause], checks: Checks, names: frozenset[str]) -> list[Defect]:
    whole = [clause.title + "\n" + clause.body for clause in clauses]
    if any(name and name in text for name in names for text in whole):
        return []
    mentions = [c for c, text in zip(clauses, whole, strict=True) if checks.officer_mentioned.search(text)]
    if not mentions:
        said = "The text names no Grievance Officer and does not mention one."
        return [Defect(Code.NO_OFFICER_NAME, clauses[-1].number, said)]
    if any(pattern.search(clause.body) for clause in mentions for pattern in checks.officer_named):
        return []
    return [Defect(Code.NO_OFFICER_NAME, mentions[-1].number, "The Grievance Officer is mentioned without a name.")]
