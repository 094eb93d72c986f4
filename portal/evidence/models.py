"""Reports of whole months, as they were counted then, and bundles of one person's file, signed off by two people."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import declare
from portal.core.models import AppendOnlyModel
from portal.people.models import FourEyesModel
from portal.people.states import Answer


class MonthlyReport(AppendOnlyModel):
    """One report of one month. ``tables`` are counts and words, and nobody's name; their SHA-256 stands in the ledger."""

    code = models.SlugField(_("report"), max_length=24)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    made_at = models.DateTimeField(_("made"))
    tables = models.JSONField(_("tables"))
    sha256 = models.CharField(_("SHA-256 of the tables"), max_length=64)

    data_categories = declare(none="id code first_day last_day made_at tables sha256")

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        ordering = ("-first_day", "code")
        constraints = (models.UniqueConstraint(name="evidence_one_report_a_month", fields=("code", "first_day")),)

    def __str__(self) -> str:
        return f"{self.code} {self.first_day:%Y-%m}"


class PersonFile(FourEyesModel):
    """A bundle of one person's file as of an instant: proposed, put together by a job, signed off by a second person.

    Nobody fetches it before. ``events_sha256`` is of the entries it holds, ``sha256`` of the bundle itself.
    """

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    as_of = models.DateTimeField(_("as of"))
    ticket = models.CharField(_("ticket or queue"), max_length=60)
    events = models.PositiveIntegerField(_("events"))
    events_sha256 = models.CharField(_("SHA-256 of the entries"), max_length=64)
    job = models.OneToOneField("jobs.Job", models.PROTECT, null=True, related_name="+", verbose_name=_("job"))
    sha256 = models.CharField(_("SHA-256 of the bundle"), max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    proved = models.PositiveIntegerField(_("events with their proof"), default=0)

    named_by = ("job",)
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer reference subject_ref as_of ticket events "
        "events_sha256 job sha256 size proved",
        free_text="reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("bundle of a person's file")
        verbose_name_plural = _("bundles of persons' files")
        ordering = ("-id",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="evidence_file_is_signed_once_it_is_made", condition=~Q(answer=Answer.APPROVED) | ~Q(sha256="")
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @classmethod
    def to_answer(cls) -> Q:
        """A bundle waits for its second person once it is put together."""
        return Q(answer=Answer.PENDING) & ~Q(sha256="")

    @property
    def about(self) -> str:
        """Its label in audit events."""
        return f"evidence.file:{self.reference}"
