"""Which entries of a list somebody may be: by the rule of names, and by names that sound alike in another spelling or script.

A year of birth that is known on both sides narrows it.

A country narrows nothing: people move, and lists are incomplete. It is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from kyc import names
from kyc.names import Decision
from kyc.names.comparison import may_be_initials
from kyc.names.normal_form import words, words_with_titles
from kyc.names.spelling_fold import fold
from kyc.names.tables import tables
from kyc.names.tokens import scripts_of
from kyc.sanctions.entries import Listed
from kyc.sanctions.similarity import Similar, Thresholds


@dataclass(frozen=True)
class Hit:
    """``decision`` is of the best of the entry's names; ``birth`` says whether a year of birth agrees.

    ``score`` says how alike the names sound where only that was found (0 to 100); None where the rule of names found it.
    """

    entry: Listed
    decision: Decision
    why: tuple[str, ...]
    birth: Literal["same", "unknown"]
    score: int | None = None


class Index:
    """The entries of one list, found by the words of their names."""

    def __init__(self, entries: Iterable[Listed]) -> None:
        self._named: list[tuple[Listed, str, _Parts]] = []
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for entry in entries:
            for name in entry.names:
                parts = _parts(name)
                for key in parts.keys:
                    self._by_key[key].append(len(self._named))
                self._named.append((entry, name, parts))
        self._similar = Similar([name for _entry, name, _parts in self._named])

    def hits(
        self,
        name: str,
        *,
        births: Iterable[str] = (),
        years_apart: int = 0,
        thresholds: Thresholds | None = None,
    ) -> list[Hit]:
        """The entries that whoever goes by ``name`` may be, those with equal names first, those that only sound alike last.

        Two years of birth up to ``years_apart`` apart agree. With ``thresholds`` names that sound alike are found too: each
        is a question to a person, whatever its score. Kinds are not told apart: a firm may bear a person's name, and lists
        are not sure.
        """
        years = {int(birth[:4]) for birth in births if birth[:4].isdigit()}
        ours = _parts(name)
        found: dict[str, Hit] = {}
        for place in sorted({place for key in ours.keys for place in self._by_key.get(key, ())}):
            entry, other, theirs = self._named[place]
            if not _may_be_one(ours, theirs) or (birth := _birth(entry, years, years_apart)) is None:
                continue
            said = names.compare(name, other)
            earlier = found.get(entry.uid)
            if said.decision is Decision.NOT_MATCHED or names.Why.TWO_SCRIPTS in said.why:
                continue
            if earlier is None or (earlier.decision is Decision.REVIEW and said.decision is Decision.AUTO):
                found[entry.uid] = Hit(entry, said.decision, tuple(map(str, said.why)), birth)
        for alike in self._similar.alike(name, thresholds) if thresholds else ():
            entry, other, _theirs = self._named[alike.place]
            if entry.uid in found or (birth := _birth(entry, years, years_apart)) is None:
                continue
            found[entry.uid] = Hit(entry, Decision.REVIEW, (_why_alike(name, other),), birth, alike.score)
        return sorted(found.values(), key=_first_the_surest)


def _first_the_surest(hit: Hit) -> tuple[bool, int, bool, str]:
    score = 0 if hit.score is None else 1 + 100 - hit.score
    return hit.decision is not Decision.AUTO, score, hit.birth != "same", hit.entry.uid


def _why_alike(name: str, other: str) -> str:
    is_same_script = not scripts_of(words(name)).isdisjoint(scripts_of(words(other)))
    return str(names.Why.SIMILAR_SOUND if is_same_script else names.Why.OTHER_SCRIPT)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A name taken apart once: ``keys`` find it, the rest says quickly that two names cannot be one."""

    keys: frozenset[str]
    units: frozenset[str]
    #: The words as they are and as they sound, titles included: two of these may be one word in the other name.
    spelt: tuple[tuple[str, ...], ...]
    #: What must be found in the other name, or be meant by an initial there: no title, and nothing that may be initials.
    needed: frozenset[str]
    initials: frozenset[str]


def _parts(name: str) -> _Parts:
    known = tables()
    plain, entitled = words(name), words_with_titles(name)
    units = tuple(known.same_name.get(word) or fold(word) for word in plain)
    spelt = tuple(dict.fromkeys(found for each in (plain, entitled) for found in (each, tuple(map(fold, each)))))
    whole = {"".join(sorted(found)) for found in spelt} | {"".join(found) for found in spelt}
    bare = [tuple(word for word in found if word not in known.legal_forms) for found in spelt]
    longer = [tuple(word for word in found if len(word) > 1) for found in bare]
    runs = {"".join(pair) for found in {*spelt, *bare, *longer} for pair in pairwise(found)}
    # The form of a company is no key: half of all companies share it.
    telling = [word for word in entitled if word not in known.legal_forms] or list(plain)
    single = {known.same_name.get(word, "") for word in telling} | {fold(word) for word in telling} | set(telling)
    short = {word for word in plain if len(word) == 1 or may_be_initials(word)}
    titles = known.titles_always | known.titles_often
    return _Parts(
        keys=frozenset({key for key in single | runs if len(key) > 1} | (whole - {""})),
        units=frozenset(units),
        spelt=spelt,
        needed=frozenset(unit for word, unit in zip(plain, units, strict=True) if word not in short | titles),
        initials=frozenset(letter for word in short for letter in word),
    )


def _may_be_one(ours: _Parts, theirs: _Parts) -> bool:
    """Never False where the rule finds a likeness of names that hold more than titles, initials and legal forms; far cheaper."""
    return (
        _is_within(ours, theirs)
        or _is_within(theirs, ours)
        or any(_is_spaced_otherwise(one, other) for one in ours.spelt for other in theirs.spelt)
    )


def _is_within(one: _Parts, other: _Parts) -> bool:
    return all(unit in other.units or unit[0] in other.initials for unit in one.needed)


def _is_spaced_otherwise(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return "".join(one) == "".join(other) or _rest(one, other) == _rest(other, one)


def _rest(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """The words that only the first has, written together."""
    left, rest = Counter(other), []
    for word in one:
        if left[word]:
            left[word] -= 1
        else:
            rest.append(word)
    return "".join(rest)


def _birth(entry: Listed, years: set[int], years_apart: int) -> Literal["same", "unknown"] | None:
    listed = {int(birth[:4]) for birth in entry.births}
    if not years or not listed:
        return "unknown"
    is_near = any(abs(year - other) <= years_apart for year in years for other in listed)
    return "same" if is_near else None
