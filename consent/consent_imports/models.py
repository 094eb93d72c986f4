"""Lists of answers that people gave elsewhere, brought in files with the proof of them."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.consent_imports.choices import LineFault, ListState
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.models import FourEyesModel


class ConsentList(FourEyesModel):
    """One file: checked by a job, agreed to by a second person, taken in by another job, then destroyed.

    ``done`` is how many of its lines are in: it moves in the transaction that writes them, so that a job whose worker
    died goes on behind them. What is kept is the file's SHA-256, which each answer names as its evidence.
    """

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("whose"))
    collected_by = models.CharField(_("where the consents were collected"), max_length=200)
    layout = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")], editable=False)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, editable=False)
    file = models.OneToOneField("vault.StoredFile", models.PROTECT, related_name="+", editable=False)
    # The vault keeps a key for each reference: this one belongs to the file alone, which ends with it.
    file_ref = models.UUIDField(default=uuid4, unique=True, editable=False)
    file_ended_at = models.DateTimeField(_("file destroyed"), null=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=ListState.choices, default=ListState.CHECKING)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    faulty = models.PositiveIntegerField(_("lines with a fault"), default=0)
    done = models.PositiveIntegerField(_("imported rows"), default=0)
    job = models.ForeignKey("jobs.Job", models.PROTECT, related_name="+", verbose_name=_("job"), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    record = Record(
        name=_("Imported consents"),
        place=Place.tab("consent", 70),
        kept="A note of staff about a file; the file itself is destroyed when it is imported or discarded.",
        day="made_at",
        prefix="CL",
        is_work=True,
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer reference fiduciary layout sha256 file "
        "file_ref file_ended_at state lines faulty done job ended_at",
        free_text="reason collected_by",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("list of consents from elsewhere")
        verbose_name_plural = _("lists of consents from elsewhere")
        ordering = ("-id",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="consent_a_file_is_taken_in_once",
                fields=("fiduciary", "sha256"),
                condition=Q(state__in=(ListState.IMPORTING, ListState.DONE)),
            ),
            models.CheckConstraint(name="consent_list_done_is_at_most_lines", condition=Q(done__lte=F("lines"))),
            models.CheckConstraint(
                name="consent_list_goes_in_after_a_yes",
                condition=~Q(state__in=(ListState.IMPORTING, ListState.DONE)) | Q(answer="approved", faulty=0),
            ),
        )
        indexes = (
            # The sweep: files that lie here for too long.
            models.Index(fields=("made_at",), name="consent_list_open", condition=Q(file_ended_at=None)),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def proposed(self) -> str:
        return (
            f"{self.collected_by}: {ngettext('%(count)d line', '%(count)d lines', self.lines) % {'count': self.lines}}"
        )

    @classmethod
    def to_answer(cls) -> Q:
        """Only a list that was checked and is whole: one with faults is given up and brought again."""
        return super().to_answer() & Q(state=ListState.CHECKED)


class ListFault(models.Model):
    """One fault of one line: which column, what kind. Never what stood there."""

    list = models.ForeignKey(ConsentList, models.CASCADE, related_name="faults")
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=16)
    fault = models.CharField(_("what is wrong"), max_length=24, choices=LineFault.choices)

    data_categories = declare(none="id list line column fault")

    class Meta:
        verbose_name = _("fault of a list")
        verbose_name_plural = _("faults of lists")
        ordering = ("line", "id")
        constraints = (
            models.UniqueConstraint(name="consent_list_fault_is_noted_once", fields=("list", "line", "column")),
        )

    def __str__(self) -> str:
        return f"{self.line} {self.column} {self.fault}"
