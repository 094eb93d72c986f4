"""Texts from which staff start an answer (``grievances/data/answers.toml``), in the person's language and in English."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.utils import translation

from grievances.base import labels, selectors
from grievances.base.models.ticket import Ticket
from grievances.tickets import grievance_status
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


def filled(text: AnswerText, ticket: Ticket, *, now: datetime) -> tuple[str, str]:
    """The words in the person's language and in English, with what the grievance knows: ``{reference}``, and ``{due}``, the date
    by which the person reads our answer. A line that names a date is left out where none is to come.
    """
    due_at = grievance_status.standing_of(ticket, now=now).due_at
    in_theirs, in_english = (
        _filled(text.said(language), ticket, due_at if due_at and due_at > now else None, language)
        for language in (ticket.language, "en")
    )
    return in_theirs, in_english


def _filled(words: str, ticket: Ticket, due_at: datetime | None, language: str) -> str:
    with translation.override(language):
        due = labels.day(due_at, selectors.zone_of(ticket)) if due_at is not None else ""
    lines = [line for line in words.splitlines() if due or "{due}" not in line]
    return "\n".join(lines).replace("{reference}", ticket.reference).replace("{due}", due)


def fit_for(kind: str) -> list[AnswerText]:
    """The texts for a kind of grievance: its own first."""
    fit = [text for text in texts().values() if not text.kinds or kind in text.kinds]
    return sorted(fit, key=lambda text: not text.kinds)
