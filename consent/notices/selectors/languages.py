"""The languages in which a text may be read, and which of them a version has."""

import functools
import tomllib
from dataclasses import dataclass

from consent.base.models.notices import BINDING_LANGUAGE, NoticeText, NoticeVersion
from portal.kernel.core.data_files import data_of

FILE = data_of("consent") / "languages.toml"


@dataclass(frozen=True)
class Language:
    """A language by its code, its own name and the direction in which it is written."""

    code: str
    name: str
    dir: str


@dataclass(frozen=True)
class Slot:
    """One language of one version; ``text`` is None while nobody has translated it."""

    language: Language
    text: NoticeText | None

    @property
    def is_binding(self) -> bool:
        return self.language.code == BINDING_LANGUAGE


@functools.cache
def languages() -> dict[str, Language]:
    """English and the twenty-two, by code, in the order of the data file."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["language"]
    return {row["code"]: Language(row["code"], row["name"], row["dir"]) for row in rows}


def language_of(code: str) -> Language:
    """The language with this code; the binding one for a code that is none."""
    return languages().get(code) or languages()[BINDING_LANGUAGE]


def slots(version: NoticeVersion) -> list[Slot]:
    """Every language with the version's text in it, or with none yet. One query."""
    texts = {text.language: text for text in version.texts.all()}
    return [Slot(language, texts.get(code)) for code, language in languages().items()]
