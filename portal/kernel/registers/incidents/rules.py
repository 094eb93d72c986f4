"""Who has to be told of an incident, and what the words must say: decided from its facts and the file of duties.

Plain values in. Whether a rule is in force on a day is asked elsewhere.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from portal.kernel.core.data_files import data_of

DUTIES = data_of("portal.kernel.registers") / "incident_duties.toml"
AUTHORITY, PEOPLE, CLIENT = "authority", "people", "client"
#: A follow-up has the code of the duty that it completes, with this behind it, and a clock under this rule of ours.
FOLLOW_UP, FOLLOW_UP_RULE = "_follow_up", "registers.incident_follow_up"
#: Whoever is late knows why: this is never left open.
DELAY = "delay"
#: The languages in which people are written to, and what the letter says in each (DPDP Rules r.7(1)(a)-(d)).
LANGUAGES = ("en", "hi", "mr")
LETTER = ("nature", "consequences", "measures", "steps")
#: The least that counts as each answer; what nobody knows yet counts as the highest.
_RISKS = {"unlikely": 0, "risk": 1, "high": 2, "unknown": 2}
_RISKS_KNOWN = frozenset({"risk", "high"})
_NEEDS = {
    "cyber": ("is_cyber", "NOT_CYBER"),
    "personal_data": ("has_personal_data", "NO_PERSONAL_DATA"),
    "telecom": ("is_telecom", "NOT_TELECOM"),
}


@dataclass(frozen=True)
class Told:
    """What an incident is, as far as it decides who has to be told."""

    role: str
    regimes: frozenset[str]
    is_cyber: bool
    is_telecom: bool
    has_personal_data: bool
    risk: str


@dataclass(frozen=True)
class Duty:
    """One row of the file. ``fields`` are pairs: the code of a fact, and what the law calls it.

    ``completes`` is the code of the duty whose open fields a follow-up reports; empty for what the law itself asks for.
    """

    code: str
    audience: str
    label: str
    rule: str
    law: str
    regime: str
    starts: str
    needs: tuple[str, ...]
    roles: tuple[str, ...]
    risk: str
    source: str
    fields: tuple[tuple[str, str], ...]
    phases: str = ""
    rest: str = ""
    completes: str = ""


@dataclass(frozen=True)
class FactKind:
    """Something that staff tell about an incident."""

    code: str
    part: str
    label: str


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(DUTIES.read_text(encoding="utf-8"))


@cache
def duties() -> Mapping[str, Duty]:
    """Every duty by its code, in the order of the file."""
    return {row["code"]: _duty(row) for row in _file()["duty"]}


def _duty(row: Mapping[str, Any]) -> Duty:
    return Duty(
        code=row["code"],
        audience=row["audience"],
        label=row["label"],
        rule=row["rule"],
        law=row.get("law", row["rule"]),
        regime=row.get("regime", ""),
        starts=row["starts"],
        needs=tuple(row["needs"]),
        roles=tuple(row["roles"]),
        risk=row.get("risk", "unlikely"),
        source=row["source"],
        fields=tuple((code, says) for code, says in row.get("fields", ())),
        phases=row.get("phases", ""),
        rest=row.get("rest", ""),
    )


def terms(code: str) -> Duty:
    """What a duty asks for, by the code of its row: one of ``duties``, or the follow-up to one. Raises KeyError."""
    first = code.removesuffix(FOLLOW_UP)
    duty = duties()[first]
    if first == code:
        return duty
    return replace(duty, code=code, label=f"{duty.label} (follow-up)", rule=FOLLOW_UP_RULE, rest="", completes=first)


def first_code(code: str) -> str:
    """The code of the duty that a row is about: of a follow-up, the duty that it completes."""
    return code.removesuffix(FOLLOW_UP)


@cache
def fact_kinds() -> Mapping[str, FactKind]:
    """Everything that is told about an incident, by its code; the words for people in each language among it."""
    told = [FactKind(row["code"], row["part"], row["label"]) for row in _file()["fact"]]
    said = {
        "nature": "What happened, and when",
        "consequences": "What it may mean for you",
        "measures": "What we have done",
        "steps": "What you can do to be safe",
    }
    told += [
        FactKind(letter_code(part, language), f"letter_{language}", said[part])
        for language in LANGUAGES
        for part in LETTER
    ]
    return {kind.code: kind for kind in told}


def letter_code(part: str, language: str) -> str:
    """The code of the fact that holds one part of the letter to people in one language."""
    return f"letter_{part}_{language}"


def letter_codes() -> list[tuple[str, str]]:
    """(language, code) of every part of the letter to people, language by language: the order in which its words are kept."""
    return [(language, letter_code(part, language)) for language in LANGUAGES for part in LETTER]


def letter_of(words: Sequence[Sequence[str]], language: str) -> dict[str, str]:
    """The parts of the letter in one language, from words kept in that order; in English for any other language."""
    at = LANGUAGES.index(language if language in LANGUAGES else LANGUAGES[0]) * len(LETTER)
    return {part: words[at + number][1] for number, part in enumerate(LETTER)}


def not_due(duty: Duty, told: Told) -> str:
    """Why nobody has to be told under the duty, as a code (``NotDue``); empty when somebody has."""
    if told.role != "both" and told.role not in duty.roles:
        return "OTHER_ROLE"
    for need in duty.needs:
        field, why = _NEEDS[need]
        if not getattr(told, field):
            return why
    if duty.regime and duty.regime not in told.regimes:
        return "OTHER_LAW"
    return "LOW_RISK" if _RISKS[told.risk] < _RISKS[duty.risk] else ""


def has_grown(duty: Duty, before: Told, after: Told) -> bool:
    """Whether what two people decided not to report has to be decided anew: one of our roles, a law or something touched came
    in that the duty is about, or the risk to people grew. A risk that was not known and turns out to be one grew, too.
    """
    if (_roles(after) - _roles(before)) & set(duty.roles):
        return True
    if duty.regime in after.regimes - before.regimes:
        return True
    fields = [_NEEDS[need][0] for need in duty.needs]
    if any(getattr(after, field) and not getattr(before, field) for field in fields):
        return True
    grew = _RISKS[after.risk] > _RISKS[before.risk] or (before.risk == "unknown" and after.risk in _RISKS_KNOWN)
    return grew and "personal_data" in duty.needs


def _roles(told: Told) -> frozenset[str]:
    return frozenset({"fiduciary", "processor"} if told.role == "both" else {told.role})


def missing(duty: Duty, known: Collection[str], *, is_late: bool) -> list[str]:
    """The codes of what the words of a report have to say and nobody has told; why it is late, too, where it is late."""
    wanted = [code for code, _says in duty.fields]
    if duty.audience == PEOPLE:
        wanted = [code for _language, code in letter_codes()]
    if is_late and duty.audience == AUTHORITY:
        wanted.append(DELAY)
    return [code for code in wanted if code not in known]


def reads_alike(one: str, other: str) -> bool:
    """Whether two texts say the same: a browser may change line ends, and blanks around the words."""
    return one.strip().splitlines() == other.strip().splitlines()
