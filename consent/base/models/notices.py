"""Texts shown to people, in numbered versions. Words never change: a changed text is another version."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import NoticeKind, VersionState, Weight
from portal.kernel.core import clock
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.core.register_days import RegisterDays

BINDING_LANGUAGE = "en"


class Notice(models.Model):
    """A privacy policy, a consent notice or a cookie notice, whatever its wording at a time."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=NoticeKind.choices)
    title = models.CharField(_("title"), max_length=120)

    data_categories = declare(none="id code kind title")

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.title


class NoticeVersion(models.Model):
    """One wording of a notice. A draft until two people publish it; from then on nothing about it changes."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="versions", verbose_name=_("notice"))
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    effective_on = models.DateField(_("in force from"))
    #: Codes of the purposes that a consent notice asks for; of a policy, those that are new with this version.
    purposes = models.JSONField(_("purposes"), default=list, blank=True)
    #: Three to six plain sentences, one a line, for the people whom the change concerns.
    what_changed = models.TextField(_("what changed"), blank=True, max_length=2000)
    #: The same by language, for readers of the translations.
    summaries = models.JSONField(_("what changed, in other languages"), default=dict, blank=True)
    #: Empty until it is published.
    weight = models.CharField(_("kind of change"), max_length=10, choices=Weight.choices, blank=True)
    drafted_at = models.DateTimeField(_("drafted"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    record = Record(name=_("Notices"), place=Place.entry("policies"), day=TIMELESS)
    data_categories = declare(
        none="id notice number state effective_on purposes what_changed summaries weight drafted_at published_at"
    )
    #: As ``selectors.notices.in_force`` answers: of a notice the published version that began last.
    register_days = RegisterDays(
        entered="drafted_at",
        changed=("published_at",),
        since="effective_on",
        among=Q(state=VersionState.PUBLISHED),
        one_per=("notice",),
        rank=("effective_on", "number"),
    )

    class Meta:
        verbose_name = _("notice version")
        verbose_name_plural = _("notice versions")
        ordering = ("notice", "-number")
        constraints = (
            models.UniqueConstraint(name="consent_notice_version_number", fields=("notice", "number")),
            models.CheckConstraint(
                name="consent_published_version_has_a_time",
                condition=~Q(state=VersionState.PUBLISHED) | Q(published_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return _("%(notice)s, version %(number)s") % {"notice": self.notice.title, "number": self.number}

    @property
    def is_taken_over(self) -> bool:
        """Whether it says that it held before it was published here: a first version that was in force elsewhere."""
        return self.effective_on < clock.day(self.published_at or clock.now())

    @property
    def binding(self) -> "NoticeText":
        """The text that counts where languages differ. Raises NoticeText.DoesNotExist for a version without one."""
        return self.texts.get(language=BINDING_LANGUAGE)

    def summary_in(self, language: str) -> tuple[str, str]:
        """What changed, for people, and the language it is said in: the reader's, else the binding one."""
        said = self.summaries.get(language, "")
        return (said, language) if said else (self.what_changed, BINDING_LANGUAGE)

    def text_in(self, language: str) -> "NoticeText":
        """The text in a language, else the binding one."""
        return self.texts.filter(language=language).first() or self.binding


class PresentTexts(models.Manager):
    """Of each language the last revision: what a draft was before its last edit is kept, and shown to nobody."""

    def get_queryset(self) -> models.QuerySet:
        later = NoticeText.every.filter(
            version=OuterRef("version"), language=OuterRef("language"), revision__gt=OuterRef("revision")
        )
        return super().get_queryset().filter(~Exists(later))


class NoticeText(AppendOnlyModel):
    """The exact bytes of a version in one language (UTF-8). ``sha256`` is what consent events and the ledger name.

    Editing a draft adds a revision; ``objects`` and ``version.texts`` hold the last one of each language, ``every`` all.
    """

    version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="texts", verbose_name=_("version"))
    language = models.CharField(_("language"), max_length=12)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    body = models.BinaryField(_("text"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    #: A translation by a machine or by someone whose mother tongue it is not: shown with a warning until reviewed.
    needs_native_review = models.BooleanField(_("needs native review"), default=False)
    added_at = models.DateTimeField(_("added"))

    record = Record(name=_("Notice languages"), place=Place.section("policies", "consent.NoticeVersion"), day=TIMELESS)
    data_categories = declare(none="id version language revision body sha256 needs_native_review added_at")

    objects = PresentTexts()
    every = models.Manager()

    class Meta:
        verbose_name = _("notice text")
        verbose_name_plural = _("notice texts")
        ordering = ("version", "language")
        # Two edits of one revision at once: the second finds its number taken.
        constraints = (
            models.UniqueConstraint(name="consent_one_text_per_revision", fields=("version", "language", "revision")),
        )

    def __str__(self) -> str:
        return f"{self.version_id}/{self.language}"

    @property
    def text(self) -> str:
        return bytes(self.body).decode()

    @property
    def is_reviewed(self) -> bool:
        """Whether people may rely on it: written in its language, or reviewed by someone who speaks it from home."""
        return not self.needs_native_review or self.reviews.exists()


class TextReview(AppendOnlyModel):
    """A native speaker has read the translation."""

    text = models.ForeignKey(NoticeText, models.PROTECT, related_name="reviews", verbose_name=_("text"))
    reviewed_by = models.CharField(_("reviewed by"), max_length=40)
    reviewed_at = models.DateTimeField(_("reviewed"))

    record = Record(day=TIMELESS)
    data_categories = declare(none="id text reviewed_by reviewed_at")

    class Meta:
        verbose_name = _("review of a translation")
        verbose_name_plural = _("reviews of translations")

    def __str__(self) -> str:
        return f"{self.text_id}: {self.reviewed_by}"


class PolicyClause(AppendOnlyModel):
    """One numbered clause of a text, so that pages and the map of promises can point at it."""

    text = models.ForeignKey(NoticeText, models.PROTECT, related_name="clauses", verbose_name=_("text"))
    position = models.PositiveSmallIntegerField(_("position"))
    number = models.CharField(_("number"), max_length=16)
    title = models.CharField(_("title"), max_length=200)
    body = models.BinaryField(_("text of the clause"))
    #: Names the promise that the clause makes, in every version, whatever its number there.
    promise = models.CharField(_("promise"), max_length=24, blank=True)

    data_categories = declare(none="id text position number title body promise")

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ("text", "position")
        constraints = (models.UniqueConstraint(name="consent_clause_position", fields=("text", "position")),)

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def paragraphs(self) -> list[str]:
        return [part for part in bytes(self.body).decode().split("\n\n") if part.strip()]


class PolicyDefect(AppendOnlyModel):
    """Something wrong with a text. While it is open the version cannot be published."""

    version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="defects", verbose_name=_("version"))
    code = models.CharField(_("code"), max_length=24)
    clause = models.CharField(_("clause"), max_length=16)
    message = models.CharField(_("what is wrong"), max_length=200)
    found_at = models.DateTimeField(_("found"))

    record = Record(name=_("Policy issues"), place=Place.section("policies", "consent.NoticeVersion"), day=TIMELESS)
    data_categories = declare(none="id version code clause message found_at")

    class Meta:
        verbose_name = _("defect of a text")
        verbose_name_plural = _("defects of texts")
        ordering = ("version", "id")

    def __str__(self) -> str:
        return f"{self.code} {self.clause}"


class DefectMended(AppendOnlyModel):
    """The draft was edited and the defect is not in it any more."""

    defect = models.OneToOneField(PolicyDefect, models.PROTECT, related_name="mended", verbose_name=_("defect"))
    text_sha256 = models.CharField(_("SHA-256 of the text without it"), max_length=64)
    mended_at = models.DateTimeField(_("mended"))

    data_categories = declare(none="id defect text_sha256 mended_at")

    class Meta:
        verbose_name = _("fixed policy issue")
        verbose_name_plural = _("fixed policy issues")

    def __str__(self) -> str:
        return str(self.defect_id)
