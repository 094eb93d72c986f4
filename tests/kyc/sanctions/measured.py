"""How many spellings of listed names are found, and how many people who are on no list: over names made by a fixed draw."""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

from kyc.sanctions import Index, Listed, Thresholds

WORDS: Final = Path(__file__).parent / "spellings.toml"
#: As shipped in ``portal/kernel/law/data/house_rules.toml``.
SHIPPED: Final = Thresholds(80, 86)
SCRIPTS: Final = {
    "hi": "Devanagari",
    "bn": "Bengali",
    "pa": "Gurmukhi",
    "gu": "Gujarati",
    "or": "Odia",
    "ta": "Tamil",
    "te": "Telugu",
    "kn": "Kannada",
    "ml": "Malayalam",
    "ur": "Urdu",
}
LISTED, SIZE, CUSTOMERS = 150, 20_000, 2_000


@dataclass(frozen=True)
class Variant:
    """A listed name as somebody may write it."""

    kind: str
    name: str
    uid: str


@cache
def words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def listed() -> list[tuple[dict[str, Any], ...]]:
    """The names that are looked for: two or three of the words each, no two of them the same."""
    draw, found = random.Random(18), {}
    while len(found) < LISTED:
        chosen = draw.sample(words()["word"], draw.choice((2, 2, 3)))
        found[frozenset(word["latin"][0] for word in chosen)] = tuple(chosen)
    return list(found.values())


def entries(names: list[tuple[dict[str, Any], ...]]) -> list[Listed]:
    """These among as many others as the list of OFAC has."""
    draw, others = random.Random(26), words()["others"]["words"].split()
    found = [Listed(f"listed-{at}", "person", (_written(chosen),)) for at, chosen in enumerate(names)]
    while len(found) < SIZE:
        name = " ".join(draw.sample(others, draw.choice((2, 2, 3)))).title()
        found.append(Listed(f"other-{len(found)}", "person", (name,)))
    return found


def _written(chosen: tuple[dict[str, Any], ...]) -> str:
    return " ".join(word["latin"][0] for word in chosen).title()


def variants(names: list[tuple[dict[str, Any], ...]]) -> Iterator[Variant]:
    """Each listed name in other spellings and scripts, mistyped, in another order, shortened, and run together."""
    draw = random.Random(30)
    for at, chosen in enumerate(names):
        uid = f"listed-{at}"
        spelt = list(product(*(word["latin"] for word in chosen)))[1:]
        for words_of in draw.sample(spelt, min(6, len(spelt))):
            yield Variant("Other spelling", " ".join(words_of), uid)
        for code, script in SCRIPTS.items():
            yield Variant(script, " ".join(word["scripts"][code] for word in chosen), uid)
        first, *rest = [word["latin"][0] for word in chosen]
        longest = max((first, *rest), key=len)
        place = draw.choice([at for at in range(1, len(longest) - 1) if longest[at] != longest[at + 1]])
        for wrong in (
            longest[:place] + longest[place + 1 :],
            longest[:place] + longest[place + 1] + longest[place] + longest[place + 2 :],
        ):
            yield Variant(
                "Mistyped letter", " ".join(wrong if word == longest else word for word in (first, *rest)), uid
            )
        other = draw.choice(chosen[0]["latin"][1:])
        yield Variant("Other order and spelling", " ".join([*rest, other]), uid)
        yield Variant("One word left out", rest[-1], uid)
        yield Variant("First name as an initial", " ".join([f"{first[0]}.", *rest]), uid)
        yield Variant("Run together", "".join((first, *rest)), uid)


def customers() -> list[str]:
    """People who are on no list, by names that many bear."""
    draw, names = random.Random(9), words()["customers"]
    every = [f"{first} {last}".title() for first in names["first"].split() for last in names["last"].split()]
    return draw.sample(every, CUSTOMERS)


@dataclass
class Row:
    """What was found of one kind of variant: by the rule of names, and with names that sound alike."""

    tried: int = 0
    by_rule: int = 0
    by_sound: int = 0


def measure(index: Index, thresholds: Thresholds = SHIPPED) -> dict[str, Row]:
    """For each kind of variant, and for people on no list, how many were found."""
    rows: dict[str, Row] = {}
    for one in variants(listed()):
        _count(rows.setdefault(one.kind, Row()), index, one.name, thresholds, one.uid)
    for name in customers():
        _count(rows.setdefault("On no list", Row()), index, name, thresholds, "")
    return rows


def _count(row: Row, index: Index, name: str, thresholds: Thresholds, uid: str) -> None:
    found = index.hits(name, thresholds=thresholds)
    rule = {hit.entry.uid for hit in found if hit.score is None}
    every = {hit.entry.uid for hit in found}
    row.tried += 1
    row.by_rule += uid in rule if uid else bool(rule)
    row.by_sound += uid in every if uid else bool(every)


def table(rows: dict[str, Row]) -> list[str]:
    """As ``portal/docs/screening.md`` shows it."""
    lines = [
        "| Names | Tried | Found by the rule of names | Found with names that sound alike |",
        "|---|---:|---:|---:|",
    ]
    wanted = {kind: row for kind, row in rows.items() if kind != "On no list"}
    total = Row(*(sum(getattr(row, name) for row in wanted.values()) for name in ("tried", "by_rule", "by_sound")))
    said = [*wanted.items(), ("**All variants**", total), ("**People on no list** (false alarms)", rows["On no list"])]
    return [
        *lines,
        *(
            f"| {kind} | {row.tried:,} | {_share(row.by_rule, row)} | {_share(row.by_sound, row)} |"
            for kind, row in said
        ),
    ]


def _share(found: int, row: Row) -> str:
    return f"{found:,} ({100 * found / row.tried:.1f} %)"
