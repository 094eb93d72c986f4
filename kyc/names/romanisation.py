"""A word of a script of India, or of Arabic letters, in Latin letters: for looking for a name, never for writing one.

The nine scripts that come from Brahmi have one order of letters: a letter's place in its block of Unicode says which it is.
Tamil writes k and g, t and d, p and b with one letter, and Arabic script leaves short vowels out: ``sounds_of`` says so, and
``similar`` compares such words by less. Long vowels are not told from short ones; tables are data (``kyc/data/scripts.toml``).
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from portal.kernel.core.data_files import data_of

FILE = data_of("kyc") / "scripts.toml"
#: Letters of a block of Brahmic script; the place in it is the rest.
BLOCK = 0x80
NUKTA, VIRAMA = 0x3C, 0x4D
#: The dot above that means a nasal, until its neighbour is known.
_DOT = "\ue000"
_NASAL_M = re.compile(f"{_DOT}(?=[pbm])")
Sounds = Literal["full", "unvoiced", "consonants"]


@dataclass(frozen=True)
class _Tables:
    """Letters by their place in a block, what a dot below makes of them, and letters of one script that stand elsewhere."""

    version: str
    scripts: Mapping[int, str]
    consonants: Mapping[int, str]
    vowels: Mapping[int, str]
    signs: Mapping[int, str]
    dotted: Mapping[str, str]
    single: Mapping[str, str]
    final_vowel: frozenset[str]
    arabic: Mapping[str, str]
    latin: Mapping[str, str]


def romanised(word: str) -> str:
    """The word in small Latin letters, as far as the tables know its script; other letters stay as they are."""
    return _romanised(word)[0]


def sounds_of(word: str) -> Sounds:
    """How much of the sound its script writes: all, no difference of voiced and unvoiced, or consonants alone."""
    return _romanised(word)[1]


def version() -> str:
    """The version of the tables of scripts. What ``spelling`` folds belongs to it: a change there is a new version here."""
    return _tables().version


@lru_cache(maxsize=65_536)
def _romanised(word: str) -> tuple[str, Sounds]:
    if word.isascii():
        return word, "full"
    tables = _tables()
    script = next((found for letter in word if (found := tables.scripts.get(ord(letter) & ~(BLOCK - 1)))), "")
    if script:
        found = _from_brahmic(unicodedata.normalize("NFC", word), script, tables)
        return found, "unvoiced" if script == "tamil" else "full"
    letters = unicodedata.normalize("NFD", word)
    if any(letter in tables.arabic for letter in letters):
        found = "".join(tables.arabic.get(letter, "") for letter in letters)
        return found, "consonants"
    return "".join(tables.latin.get(letter, letter) for letter in letters), "full"


def _from_brahmic(letters: str, script: str, tables: _Tables) -> str:
    """Each consonant bears the vowel a, unless a sign or a virama follows it; at the end of a word most languages drop it."""
    found: list[str] = []
    bears_a = False
    for letter in letters:
        place = ord(letter) & (BLOCK - 1)
        if (alone := tables.single.get(letter)) is not None:
            found += ["a" if bears_a and alone else "", alone]
            bears_a = False
        elif tables.scripts.get(ord(letter) & ~(BLOCK - 1)) is None:
            found.append(letter if letter.isalnum() else "")
        elif place == NUKTA:
            found[-1:] = [tables.dotted.get("".join(found[-1:]), "".join(found[-1:]))]
        elif place == VIRAMA:
            bears_a = False
        elif place in tables.signs:
            # A sign of nasality or breath comes after the vowel; a sign of a vowel takes its place.
            is_vowel = tables.signs[place] not in {_DOT, "n", "h"}
            found += ["a" if bears_a and not is_vowel else "", tables.signs[place]]
            bears_a = False
        elif place in tables.vowels or place in tables.consonants:
            found += ["a" if bears_a else "", tables.vowels.get(place) or tables.consonants[place]]
            bears_a = place in tables.consonants
    if bears_a and script in tables.final_vowel:
        found.append("a")
    # The dot of nasality is the m of its neighbour: of p, b and m after it, and in the south of the end of a word.
    said = _NASAL_M.sub("m", "".join(found))
    return f"{said[:-1]}m" if said.endswith(_DOT) and script in tables.final_vowel else said.replace(_DOT, "n")


@cache
def _tables() -> _Tables:
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return _Tables(
        version=str(read["version"]),
        scripts={int(start, 16): name for start, name in read["scripts"].items()},
        consonants=_by_place(read["consonants"]),
        vowels=_by_place(read["vowels"]),
        signs={place: sound.replace("N", _DOT) for place, sound in _by_place(read["signs"]).items()},
        dotted=read["dotted"],
        single={letter: sound.replace("N", _DOT) for letter, sound in read["single"].items()},
        final_vowel=frozenset(read["final_vowel"]["scripts"]),
        arabic=read["arabic"],
        latin=read["latin"],
    )


def _by_place(table: Mapping[str, str]) -> dict[int, str]:
    return {ord(letter) & (BLOCK - 1): sound for letter, sound in table.items()}
