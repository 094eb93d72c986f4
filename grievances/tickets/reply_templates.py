"""Texts from which staff start an answer (``grievances/data/answers.toml``), in the person's language and in English."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from portal.kernel.core.data_files import data_of

BOOK = data_of("grievances") / "answers.toml"


@dataclass(frozen=True)
class AnswerText:
    """One text: for which kinds (empty: any), and its words by language."""

    key: str
    name: str
    kinds: frozenset[str]
    texts: Mapping[str, str]

    def said(self, language: str) -> str:
        """The words in a language; in English where there are none."""
        return self.texts.get(language[:2], self.texts["en"])


@cache
def texts() -> dict[str, AnswerText]:
    """Every text by its key. Raises KeyError for one without a language of ours."""
    rows = tomllib.loads(BOOK.read_text(encoding="utf-8"))["text"]
    return {
        row["key"]: AnswerText(
            row["key"],
            row["name"],
            frozenset(row["kinds"]),
            {language: row[language].strip() for language in ("en", "hi", "mr")},
        )
        for row in rows
    }


def fit_for(kind: str) -> list[AnswerText]:
    """The texts for a kind of grievance: its own first."""
    fit = [text for text in texts().values() if not text.kinds or kind in text.kinds]
    return sorted(fit, key=lambda text: not text.kinds)
