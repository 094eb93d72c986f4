"""Which text is in force, and which one is shown for a purpose."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from consent.base.choices import NoticeKind, VersionState, Weight
from consent.base.models.acknowledgements import Acknowledgement
from consent.base.models.notices import BINDING_LANGUAGE, Notice, NoticeText, NoticeVersion, PolicyDefect, TextReview
from consent.base.rules.policy_parser import Clause
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer


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


@dataclass(frozen=True)
class Period:
    """A published version with the first and the last day on which it is in force; no last day: until further notice.

    A version that another replaced before it ever applied has a last day before its first, and holds on none.
    """

    version: NoticeVersion
    first: date
    last: date | None

    def holds_on(self, day: date) -> bool:
        """Whether this is the text in force on that day."""
        return self.first <= day and (self.last is None or day <= self.last)

    @property
    def never_held(self) -> bool:
        return self.last is not None and self.last < self.first


def periods(notice: Notice | str) -> list[Period]:
    """Every published version of a notice with its days, the latest first. Agrees with ``in_force`` on each day."""
    found: list[Period] = []
    next_first: date | None = None
    for version in published(notice):
        last = next_first - timedelta(days=1) if next_first is not None else None
        found.append(Period(version, version.effective_on, last))
        next_first = version.effective_on
    return found


def to_read(subject_ref: UUID, *, at: datetime) -> NoticeVersion | None:
    """A materially changed policy that does not apply yet and that the person has not said they read; the next of several."""
    waiting = NoticeVersion.objects.filter(
        notice__kind=NoticeKind.PRIVACY_POLICY,
        state=VersionState.PUBLISHED,
        weight=Weight.MATERIAL,
        effective_on__gt=clock.day(at),
    )
    version = waiting.select_related("notice").order_by("effective_on", "number").first()
    if version is None:
        return None
    seen = Acknowledgement.objects.filter(version=version, subject_ref__in=people.refs_of(subject_ref))
    return None if seen.exists() else version


def coming(notice: Notice | str, *, on: date) -> NoticeVersion | None:
    """A published version that is not in force yet; where there are several the next one, of one day that which will hold."""
    return published(notice).filter(effective_on__gt=on).order_by("effective_on", "-number").first()


def notices_for(purposes: Iterable[str], *, on: date, language: str = "en") -> dict[str, NoticeText]:
    """The text that is shown when consent for each purpose is asked. One that is missing may not be asked for yet.

    In the reader's language where that text may be relied on, else in the binding one. Two queries for all of them.
    """
    newest, readable = _readable(purposes, on=on, languages={language, BINDING_LANGUAGE})
    return {
        purpose: readable.get((version.pk, language)) or readable[(version.pk, BINDING_LANGUAGE)]
        for purpose, version in newest.items()
    }


def notices_in_language(purposes: Iterable[str], *, on: date, language: str) -> dict[str, NoticeText | None]:
    """As ``notices_for``, in no language but the reader's: None where the notice cannot be relied on in it yet.

    Nobody is asked for a new consent to words that they may not be able to read (DPDP s.5(3)).
    """
    newest, readable = _readable(purposes, on=on, languages={language})
    return {purpose: readable.get((version.pk, language)) for purpose, version in newest.items()}


def _readable(
    purposes: Iterable[str], *, on: date, languages: Collection[str]
) -> tuple[dict[str, NoticeVersion], dict[tuple[int, str], NoticeText]]:
    """By purpose the version that asks for it, and by version and language each text that may be relied on."""
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
        NoticeText.objects.filter(version__in=newest.values(), language__in=languages)
        .annotate(was_reviewed=Exists(TextReview.objects.filter(text=OuterRef("pk"))))
        .select_related("version__notice")
    )
    return newest, {
        (text.version_id, text.language): text
        for text in texts
        if text.language == BINDING_LANGUAGE or not text.needs_native_review or text.was_reviewed
    }


def clauses_of(text: NoticeText) -> list[Clause]:
    """A text's clauses as plain values, in its order."""
    return [Clause(c.number, c.title, bytes(c.body).decode(), c.promise) for c in text.clauses.all()]


def before(version: NoticeVersion) -> NoticeVersion | None:
    """The published version whose place this one takes on its day: what its changes are shown against, to staff and to
    people. None where nothing is in force before.

    Whatever text a draft was made from, and whatever was published last: a version that is announced for later is not it.
    """
    return earlier(version).first()


def earlier(version: NoticeVersion) -> QuerySet[NoticeVersion]:
    """The published versions that were to hold before this one, the last first: by their days, not by their numbers."""
    same_day = Q(effective_on=version.effective_on, number__lt=version.number)
    return published(version.notice).filter(Q(effective_on__lt=version.effective_on) | same_day)


def later(version: NoticeVersion) -> QuerySet[NoticeVersion]:
    """The published versions that take this one's place, the next first; of one day that which will hold."""
    same_day = Q(effective_on=version.effective_on, number__gt=version.number)
    found = published(version.notice).filter(Q(effective_on__gt=version.effective_on) | same_day)
    return found.order_by("effective_on", "-number")


def old_texts(*, on: date) -> dict[str, dict[int, datetime]]:
    """By purpose: the versions of notices to which a yes counts no more on that day or from some hour of it, each since when.

    A material change of a notice makes older every yes to an earlier version of it, for each purpose that the new one
    asks for, from its first day and not before two people have published it. An editorial change, a new translation and
    another notice ask nobody again.
    """
    changed: dict[int, list[NoticeVersion]] = {}
    found: dict[str, dict[int, datetime]] = {}
    # In the order of ``in_force``, not of their numbers: an older draft may be published after a younger one.
    versions = NoticeVersion.objects.filter(state=VersionState.PUBLISHED, effective_on__lte=on).order_by(
        "-effective_on", "-number"
    )
    for version in versions:
        later = changed.setdefault(version.notice_id, [])
        for change in later:
            for purpose in change.purposes:
                old = found.setdefault(purpose, {})
                old[version.pk] = min(_applies_from(change), old.get(version.pk, _applies_from(change)))
        if version.weight != Weight.EDITORIAL:
            later.append(version)
    return found


def _applies_from(version: NoticeVersion) -> datetime:
    first = datetime.combine(version.effective_on, time(), tzinfo=clock.IST)
    return max(first, version.published_at or first)


def summary_languages(version: NoticeVersion) -> list[str]:
    """In which languages a changed version says what changed: those in which we write to people, and those in which it can
    be read. The binding one first.
    """
    wanted = {code for code, _name in settings.LANGUAGES} | set(version.texts.values_list("language", flat=True))
    return [BINDING_LANGUAGE, *sorted(wanted - {BINDING_LANGUAGE})]


def standing_defects(version: NoticeVersion) -> QuerySet[PolicyDefect]:
    """The defects of the text as it stands now, overridden or not: those that an edit mended are not among them."""
    return version.defects.filter(mended=None).order_by("pk")


def defects_in_drafts(defects: QuerySet[PolicyDefect]) -> QuerySet[PolicyDefect]:
    """Of ``defects``, those that keep a draft from being published."""
    left = defects.filter(version__state=VersionState.DRAFT, mended=None)
    return left.exclude(overrides__answer=Answer.APPROVED)


def open_defects(version: NoticeVersion) -> list[PolicyDefect]:
    """The defects that are still there and that nobody has overridden: while there is one, nothing is published."""
    return list(standing_defects(version).exclude(overrides__answer=Answer.APPROVED))
