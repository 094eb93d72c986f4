"""The tables of ``kyc/data/names.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from kyc.names import romanisation
from kyc.names.tokens import words_of
from portal.kernel.core.data_files import data_of

FILE = data_of("kyc") / "names.toml"


@dataclass(frozen=True)
class Tables:
    """Every word in the form that ``tokens.words_of`` gives it."""

    version: str
    titles_always: frozenset[str]
    titles_often: frozenset[str]
    relations: tuple[tuple[str, ...], ...]
    short_forms: Mapping[tuple[str, ...], tuple[str, ...]]
    legal_forms: frozenset[str]
    #: Words between the names of a name: of the, son of. Where others are left, they say nothing.
    particles: frozenset[str]
    sounds: tuple[tuple[str, str], ...]
    #: A word to the first word of its line.
    same_name: Mapping[str, str]


@cache
def tables() -> Tables:
    """Read once; the file belongs to the release."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Tables(
        version=str(read["version"]),
        titles_always=_words(read["titles"]["always"]),
        titles_often=_words(read["titles"]["often"]),
        relations=tuple(words_of(text) for text in read["relations"]["words"]),
        short_forms={words_of(short): words_of(long) for short, long in read["short_forms"].items()},
        legal_forms=_words(read["legal_forms"]["words"]),
        particles=_words(read["particles"]["words"]),
        sounds=tuple((written, sound) for written, sound in read["sounds"]["fold"]),
        same_name={word: group[0] for group in read["same_name"]["groups"] for word in group},
    )


def version() -> str:
    """The version of the tables, those of scripts among them, as a check on a name notes it: the newest of their days."""
    return max(tables().version, romanisation.version())


def _words(texts: list[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in words_of(text))
