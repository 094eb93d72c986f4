"""Which text is in force, and which one is shown for a purpose."""

from datetime import date

from django.db.models import QuerySet

from consent.models import Notice, NoticeText, NoticeVersion, PolicyDefect
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


def notice_for(purpose: str, *, on: date, language: str = "en") -> NoticeText | None:
    """The text that is shown when consent for a purpose is asked; None: it may not be asked yet.

    In the reader's language where that text may be relied on, else in the binding one.
    """
    versions = (
        NoticeVersion.objects.filter(
            notice__kind=NoticeKind.CONSENT_NOTICE, state=VersionState.PUBLISHED, effective_on__lte=on
        )
        .select_related("notice")
        .order_by("-effective_on", "-number")
    )
    for version in versions:
        if purpose in version.purposes:
            text = version.text_in(language)
            return text if text.is_reviewed else version.binding
    return None


def open_defects(version: NoticeVersion) -> list[PolicyDefect]:
    """The defects that nobody has overridden: while there is one, the version cannot be published."""
    return list(version.defects.exclude(overrides__answer=Answer.APPROVED).order_by("pk"))
