"""Whether two names are one person's or one organisation's, by the words they share.

Similar spelling proves nothing: Priya Singh and Priya Sinha differ by one letter, Venkatesh S and Subramanian Venkatesh
by most of theirs. So only equal words make two names equal, and what people leave out or shorten goes to a person.
The order of words says nothing in India: the surname may stand first.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from kyc.names.normal_form import without_any_title, words, words_with_titles
from kyc.names.spelling_fold import fold
from kyc.names.tables import tables
from kyc.names.tokens import scripts_of

#: So few letters without a vowel are initials written together: "RK Verma".
_LONGEST_INITIALS = 3
_VOWELS = frozenset("aeiouy")


class Decision(StrEnum):
    AUTO = "AUTO"
    #: A person looks: the names fit, and may still be two people's.
    REVIEW = "REVIEW"
    NOT_MATCHED = "NOT_MATCHED"


class Why(StrEnum):
    """What decided. Several may hold for a review; they are named in this order."""

    SAME_WORDS = "SAME_WORDS"
    SAME_WITHOUT_SPACES = "SAME_WITHOUT_SPACES"
    SAME_SOUND = "SAME_SOUND"
    TITLE = "TITLE"
    SAME_NAME = "SAME_NAME"
    INITIALS = "INITIALS"
    MISSING_NAME = "MISSING_NAME"
    #: Only of names that are looked for in a list: ``compare`` decides nothing by sound alone.
    SIMILAR_SOUND = "SIMILAR_SOUND"
    OTHER_SCRIPT = "OTHER_SCRIPT"
    TWO_SCRIPTS = "TWO_SCRIPTS"
    NO_NAME = "NO_NAME"
    LEGAL_FORM = "LEGAL_FORM"
    DIFFERENT = "DIFFERENT"


@dataclass(frozen=True)
class Comparison:
    decision: Decision
    why: tuple[Why, ...]


def compare(first: str, second: str) -> Comparison:
    """AUTO for equal words (in any order, spaced otherwise, or equal in sound), REVIEW for names that fit, else NOT_MATCHED."""
    one, other = words(first), words(second)
    if not one or not other:
        return Comparison(Decision.NOT_MATCHED, (Why.NO_NAME,))
    if why := _equal(one, other) or _equal(words_with_titles(first), words_with_titles(second)):
        return Comparison(Decision.AUTO, (why,))
    return _unequal(one, other)


def _unequal(one: tuple[str, ...], other: tuple[str, ...]) -> Comparison:
    if scripts_of(one).isdisjoint(scripts_of(other)):
        return Comparison(Decision.REVIEW, (Why.TWO_SCRIPTS,))
    if _legal_forms(one) != _legal_forms(other):
        return Comparison(Decision.NOT_MATCHED, (Why.LEGAL_FORM,))
    if _equal(without_any_title(one), without_any_title(other)):
        return Comparison(Decision.REVIEW, (Why.TITLE,))
    is_organisation = bool(_legal_forms(one))
    for is_split in (False, True):
        if fits := _fits(_units(one, is_split), _units(other, is_split), is_organisation=is_organisation):
            return Comparison(Decision.REVIEW, fits)
    return Comparison(Decision.NOT_MATCHED, (Why.DIFFERENT,))


def _equal(one: tuple[str, ...], other: tuple[str, ...]) -> Why | None:
    if Counter(one) == Counter(other):
        return Why.SAME_WORDS
    if _is_spaced_otherwise(one, other):
        return Why.SAME_WITHOUT_SPACES
    folded, other_folded = tuple(map(fold, one)), tuple(map(fold, other))
    if Counter(folded) == Counter(other_folded) or _is_spaced_otherwise(folded, other_folded):
        return Why.SAME_SOUND
    return None


def _is_spaced_otherwise(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the words that are not in both are equal when written together."""
    here, there = _without(one, other), _without(other, one)
    return "".join(one) == "".join(other) or ("".join(here) == "".join(there) != "")


def _without(found: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    left, kept = Counter(others), []
    for word in found:
        if left[word]:
            left[word] -= 1
        else:
            kept.append(word)
    return kept


def _legal_forms(found: tuple[str, ...]) -> Counter[str]:
    return Counter(word for word in found if word in tables().legal_forms)


def _fits(here: Counter[str], there: Counter[str], *, is_organisation: bool) -> tuple[Why, ...]:
    """What has to be granted for the names to be one, or nothing. An organisation's words are neither left out nor shortened."""
    equal = _take_equal(here, there)
    by_table = _take_same_names(here, there)
    by_initial = _take_initials(here, there) + _take_initials(there, here)
    left = here + there
    is_one_sided = not (here and there)
    has_a_word = _words_in(equal) + by_table > 0
    if not (is_one_sided and has_a_word) or (is_organisation and (left or by_initial)):
        return ()
    granted = ((Why.SAME_NAME, by_table), (Why.INITIALS, by_initial), (Why.MISSING_NAME, left))
    return tuple(why for why, is_granted in granted if is_granted)


def _units(found: tuple[str, ...], is_split: bool) -> Counter[str]:  # noqa: FBT001 - one of two readings
    """Words in one spelling, initials one by one. "SK" may be a name of the table or two initials: ``is_split``."""
    known = tables().same_name
    units: Counter[str] = Counter()
    for word in found:
        if may_be_initials(word) and (is_split or word not in known):
            units.update(word)
        else:
            units[word if word in known else fold(word)] += 1
    return units


def may_be_initials(word: str) -> bool:
    is_latin = word.isascii() and word.isalpha()
    return is_latin and len(word) <= _LONGEST_INITIALS and _VOWELS.isdisjoint(word)


def _words_in(units: Counter[str]) -> int:
    return sum(count for unit, count in units.items() if len(unit) > 1)


def _take_equal(here: Counter[str], there: Counter[str]) -> Counter[str]:
    """Take what both hold out of both."""
    both = here & there
    here -= both
    there -= both
    return both


def _take_same_names(here: Counter[str], there: Counter[str]) -> int:
    """Take each pair of spellings of one name out; returns how many."""
    known = tables().same_name
    taken = 0
    for unit in sorted(unit for unit in here.elements() if unit in known):
        match = next((spelling for spelling in sorted(there) if known.get(spelling) == known[unit]), None)
        if match is not None:
            here -= Counter([unit])
            there -= Counter([match])
            taken += 1
    return taken


def _take_initials(initials: Counter[str], others: Counter[str]) -> int:
    """Take each single letter out, with a word that begins with it; returns how many."""
    taken = 0
    for letter in sorted(unit for unit in initials.elements() if len(unit) == 1):
        match = next((word for word in sorted(others) if len(word) > 1 and word[0] == letter), None)
        if match is not None:
            initials -= Counter([letter])
            others -= Counter([match])
            taken += 1
    return taken
