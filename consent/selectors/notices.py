"""Which text is in force, and which one is shown for a purpose."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from consent.models import Notice, NoticeText, NoticeVersion, PolicyDefect, TextReview
from consent.models.notices import BINDING_LANGUAGE
from consent.states import NoticeKind, VersionState
from portal.core.errors import NotFound
from portal.people.states import Answer


def published(notice: Notice | str) -> QuerySet[NoticeVersion]:
    """Every published version of a notice, the latest in force first."""
    by = {"notice": notice} if isinstance(notice, Notice) else {"notice__code": notice}
    return (
        NoticeVersion.objects.filter(**by, state=VersionState.PUBLISHED)
        .select_related("notice")
        .order_by("-effective_on", "-number")
    )


def in_force(notice: Notice | str, *, on: date) -> NoticeVersion:
    """The version in force on a day. Raises NotFound before the first one."""
    found = published(notice).filter(effective_on__lte=on).first()
    if found is None:
        raise NotFound("No version of this text is in force on that day.")
    return found


def coming(notice: Notice | str, *, on: date) -> NoticeVersion | None:
    """A published version that is not in force yet; the next one where there are several."""
    return published(notice).filter(effective_on__gt=on).order_by("effective_on", "number").first()


def notices_for(purposes: Iterable[str], *, on: date, language: str = "en") -> dict[str, NoticeText]:
    """The text that is shown when consent for each purpose is asked. One that is missing may not be asked for yet.

    In the reader's language where that text may be relied on, else in the binding one. Two queries for all of them.
    """
    wanted = set(purposes)
    versions = (
        NoticeVersion.objects.filter(
            notice__kind=NoticeKind.CONSENT_NOTICE, state=VersionState.PUBLISHED, effective_on__lte=on
        )
        .select_related("notice")
        .order_by("-effective_on", "-number")
    )
    newest: dict[str, NoticeVersion] = {}
    for version in versions:
        for purpose in wanted.intersection(version.purposes):
            newest.setdefault(purpose, version)
    texts = (
        NoticeText.objects.filter(version__in=newest.values(), language__in={language, BINDING_LANGUAGE})
        .annotate(was_reviewed=Exists(TextReview.objects.filter(text=OuterRef("pk"))))
        .select_related("version__notice")
    )
    readable = {
        (text.version_id, text.language): text
        for text in texts
        if text.language == BINDING_LANGUAGE or not text.needs_native_review or text.was_reviewed
    }
    return {
        purpose: readable.get((version.pk, language)) or readable[(version.pk, BINDING_LANGUAGE)]
        for purpose, version in newest.items()
    }


def open_defects(version: NoticeVersion) -> list[PolicyDefect]:
    """The defects that nobody has overridden: while there is one, the version cannot be published."""
    return list(version.defects.exclude(overrides__answer=Answer.APPROVED).order_by("pk"))
