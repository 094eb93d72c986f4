"""How far each translation of a version is: which of its clauses say what the binding text says now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings

from consent.base.models.notices import BINDING_LANGUAGE, NoticeText, NoticeVersion, PolicyClause, TextReview
from consent.base.rules.policy_parser import INTRODUCTION
from consent.notices.selectors.languages import Language, languages


class Standing(StrEnum):
    """Of one clause in one language."""

    CURRENT = "current"
    MISSING = "missing"
    STALE = "stale"


@dataclass(frozen=True)
class Row:
    """A clause of the binding text and of a translation, beside each other; None where the translation lacks it."""

    binding: PolicyClause
    translated: PolicyClause | None
    standing: Standing


@dataclass(frozen=True)
class Progress:
    """One language of a version. ``text`` is None while it has no translation."""

    language: Language
    text: NoticeText | None
    rows: list[Row]

    @property
    def total(self) -> int:
        return sum(1 for row in self.rows if row.binding.number != INTRODUCTION)

    @property
    def current(self) -> int:
        """Numbered clauses that say what the binding text says now."""
        return sum(1 for row in self.rows if row.standing is Standing.CURRENT and row.binding.number != INTRODUCTION)


def progress(version: NoticeVersion) -> list[Progress]:
    """The languages in which messages are sent, and those in which the version can be read, without the binding one.

    A clause is stale when the binding words were changed after its own, and nobody has read the translation since.
    """
    revisions = list(
        NoticeText.every.filter(version=version)
        .defer("body")
        .order_by("language", "revision")
        .prefetch_related("clauses")
    )
    present = {text.language: text for text in revisions}
    binding = present.pop(BINDING_LANGUAGE, None)
    if binding is None:
        return []
    changed = _changed(text for text in revisions if text.language == BINDING_LANGUAGE)
    read = dict(
        TextReview.objects.filter(text__in=present.values()).order_by("reviewed_at").values_list("text", "reviewed_at")
    )
    wanted = {code for code, _name in settings.LANGUAGES} | set(present)
    return [
        Progress(
            language,
            present.get(code),
            _rows(
                binding,
                present.get(code),
                changed,
                _changed(text for text in revisions if text.language == code),
                read.get(present[code].pk) if code in present else None,
            ),
        )
        for code, language in languages().items()
        if code in wanted and code != BINDING_LANGUAGE
    ]


def _changed(revisions: Iterable[NoticeText]) -> dict[str, datetime]:
    """When the words of each clause became what they are, by its number; the revisions of one language in their order."""
    words: dict[str, tuple[str, bytes]] = {}
    found: dict[str, datetime] = {}
    for text in revisions:
        now = {clause.number: (clause.title, bytes(clause.body)) for clause in text.clauses.all()}
        found.update({number: text.added_at for number, said in now.items() if words.get(number) != said})
        words = now
    return found


def _rows(
    binding: NoticeText,
    text: NoticeText | None,
    changed: dict[str, datetime],
    translated: dict[str, datetime],
    read_at: datetime | None,
) -> list[Row]:
    clauses = {clause.number: clause for clause in text.clauses.all()} if text is not None else {}
    rows = []
    for clause in binding.clauses.all():
        own = clauses.get(clause.number)
        if own is None:
            standing = Standing.MISSING
        else:
            last = max(translated[clause.number], read_at or translated[clause.number])
            standing = Standing.CURRENT if last >= changed[clause.number] else Standing.STALE
        rows.append(Row(clause, own, standing))
    return rows
