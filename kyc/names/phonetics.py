"""How alike two words sound, whatever their spelling and script: for looking, and never an answer.

A word is folded: one letter for consonants that transliterations confuse, one vowel for each group of vowels. Two folded
words are compared by ``rapidfuzz``; a threshold belongs to whoever asks.
"""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from kyc.names.romanisation import romanised

#: Spellings of one sound, in this order. Single capitals are sounds that no single small letter is left for.
_CONSONANTS: Final = (
    ("tch", "C"),
    ("sch", "s"),
    ("ksh", "ks"),
    ("x", "ks"),
    ("ck", "k"),
    ("sh", "s"),
    ("ch", "C"),
    ("c", "k"),
    ("kh", "k"),
    ("gh", "g"),
    ("ph", "f"),
    ("bh", "b"),
    ("th", "t"),
    ("dh", "d"),
    ("dj", "j"),
    ("jh", "j"),
    ("z", "j"),
    ("q", "k"),
    ("w", "v"),
)
#: v beside u is no sound of its own: Dawood, Daud.
_GLIDE: Final = re.compile(r"(?<=[aeiouy])v(?=[uo])|(?<=[uo])v(?=[aeiouy])")
#: w behind a vowel and before none is a part of the vowel: Chowdhury, Chaudhary.
_VOWEL_W: Final = re.compile(r"(?<=[aeiou])w(?![aeiouy])")
_FRONT: Final = frozenset("eiy")
_BACK: Final = frozenset("ou")
_VOWELS: Final = re.compile(r"[aeiouy]+")
_DOUBLE: Final = re.compile(r"(.)\1+")
_SILENT_H: Final = re.compile(r"(?<=[AIU])h$")
#: Voiced and unvoiced as one, as Tamil writes them.
_UNVOICED: Final = str.maketrans("gdbjsCfh", "ktpCCCpk")
_FOLDED_VOWELS: Final = frozenset("AIU")
#: What Arabic script may leave out or write as a vowel.
_WEAK: Final = re.compile(r"[AIUbh]")
#: Shorter words differ from others by too little.
_SHORTEST: Final = 4
#: The consonants of two words are equal, their vowels are not.
SAME_CONSONANTS: Final = 90.0


@lru_cache(maxsize=131_072)
def folded(word: str) -> str:
    """One spelling for words of one sound. Empty for what has no Latin letter and no table."""
    found = _VOWEL_W.sub("", romanised(word))
    for written, sound in _CONSONANTS:
        found = found.replace(written, sound)
    found = _DOUBLE.sub(r"\1", _GLIDE.sub("", found)).replace("v", "b")
    return _SILENT_H.sub("", _DOUBLE.sub(r"\1", _VOWELS.sub(_vowel, found)))


def _vowel(found: re.Match[str]) -> str:
    letters = set(found[0])
    if letters & _FRONT:
        return "I"
    return "U" if letters & _BACK else "A"


@lru_cache(maxsize=131_072)
def skeleton(word: str) -> str:
    """The consonants of a folded word, and whether it begins with a vowel."""
    first = "A" if word[:1] in _FOLDED_VOWELS else word[:1]
    return first + "".join(letter for letter in word[1:] if letter not in _FOLDED_VOWELS)


def unvoiced(word: str) -> str:
    """A folded word as Tamil writes it."""
    return _DOUBLE.sub(r"\1", word.translate(_UNVOICED))


def consonants(word: str) -> str:
    """A folded word as Arabic script writes it: without what it may leave out."""
    return _WEAK.sub("", word)


def similarity(one: str, other: str, *, at_least: float = 0) -> float:
    """From 0 to 100, of two folded words; 0 below ``at_least``."""
    if one == other:
        return 100.0
    found = fuzz.ratio(one, other, score_cutoff=at_least)
    if min(len(one), len(other)) >= _SHORTEST and skeleton(one) == skeleton(other):
        return max(found, SAME_CONSONANTS)
    return found
