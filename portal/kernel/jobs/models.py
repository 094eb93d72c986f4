"""Long work as rows: what was asked, how far it is, which worker has it, and what came of it."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.jobs.choices import ImportState, JobState


class Job(models.Model):
    """One piece of long work. Its parameters are codes, dates and references; its result lies in the vault."""

    record = Record(
        name=_("Background jobs"), place=Place.entry("operations"), day="created_at", prefix="JB", is_work=True
    )
    data_categories = declare(
        none="id reference kind parameters state started_by attempts done total failure_code cancel_asked_at "
        "leased_until lease_token created_at started_at finished_at file_ref file_name result_file result_expires_at",
    )
    register_days = RegisterDays(entered="created_at", since="created_at", until="finished_at")

    reference = models.CharField(max_length=16, unique=True, editable=False)
    kind = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    started_by = models.CharField(max_length=80, help_text=_("Kind and reference of the requester."))
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, help_text=_("Empty: not known yet."))
    failure_code = models.CharField(max_length=40, blank=True)
    cancel_asked_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # The vault keeps a key for each reference: this one belongs to the job alone, so a result ends with its own key.
    file_ref = models.UUIDField(default=uuid4, unique=True, editable=False)
    file_name = models.CharField(max_length=120, blank=True)
    result_file = models.OneToOneField("vault.StoredFile", models.PROTECT, null=True, related_name="+")
    result_expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="jobs_job_done_is_at_most_total", condition=Q(total=None) | Q(done__lte=F("total"))
            ),
            models.CheckConstraint(
                name="jobs_job_lease_has_a_token",
                condition=Q(leased_until=None, lease_token=None)
                | Q(leased_until__isnull=False, lease_token__isnull=False),
            ),
        )
        indexes = (
            # The sweep: jobs nobody has begun, and jobs whose worker died.
            models.Index(
                fields=("created_at",),
                name="jobs_job_unfinished",
                condition=Q(state__in=(JobState.QUEUED, JobState.RUNNING)),
            ),
            # The sweep: results whose time is over.
            models.Index(
                fields=("result_expires_at",), name="jobs_job_result", condition=Q(result_expires_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.reference


class ListExport(models.Model):
    """A list that somebody took away, or asked a worker for: who, what of it, why, and what the file was.

    ``filters`` are the parts of the list's address that narrow it, never what somebody searched for and never the keys
    of rows. Unmasked only with another person's approval.
    """

    record = Record(
        name=_("Exports"),
        place=Place.tab("audit", 20),
        kept="Why staff took a list away, without a name or a number; kept with the register of exports.",
        day="asked_at",
    )
    data_categories = declare(
        none="id model resource file_format columns filters is_masked made_by approved_by asked_at made_at rows size sha256 "
        "ledger_size job",
        free_text="reason",
    )

    model = models.CharField(_("list"), max_length=80)
    resource = models.CharField(max_length=80)
    file_format = models.CharField(_("file format"), max_length=8)
    columns = models.CharField(_("columns"), max_length=2000)
    filters = models.CharField(_("filters"), max_length=1000, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    is_masked = models.BooleanField(_("masked"), default=True)
    made_by = models.CharField(_("asked by"), max_length=80)
    approved_by = models.CharField(_("approved by"), max_length=80, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    made_at = models.DateTimeField(_("file made"), null=True)
    rows = models.PositiveBigIntegerField(_("rows"), null=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    ledger_size = models.PositiveBigIntegerField(
        _("covers the ledger up to"), null=True, help_text=_("Size of the newest signed checkpoint when it was read.")
    )
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="export", verbose_name=_("job"))

    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("export"), _("exports"))

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("register of exports")
        ordering: ClassVar = ["-id"]
        constraints = (
            models.CheckConstraint(
                name="jobs_unmasked_by_two",
                condition=Q(is_masked=True, approved_by="")
                | (Q(is_masked=False) & ~Q(approved_by="") & ~Q(approved_by=F("made_by"))),
            ),
            models.CheckConstraint(
                name="jobs_export_made_is_whole",
                condition=Q(made_at=None, rows=None, size=None, sha256="")
                | (Q(made_at__isnull=False, rows__isnull=False, size__isnull=False) & ~Q(sha256="")),
            ),
        )
        indexes = (
            # What one person asked for, on their first page.
            models.Index(fields=("made_by", "-id"), name="jobs_export_of"),
        )

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportDownload(AppendOnlyModel):
    """That the file of an export was fetched: by whom and when."""

    record = Record(day="fetched_at")
    data_categories = declare(none="id export fetched_by fetched_at")

    export = models.ForeignKey(ListExport, models.PROTECT, related_name="downloads", verbose_name=_("export"))
    fetched_by = models.CharField(_("fetched by"), max_length=80)
    fetched_at = models.DateTimeField(_("fetched"))

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"download {self.pk}"


class ListImport(models.Model):
    """A file that somebody brought for a list: tried by a job, taken in by another in turns, then destroyed.

    ``done`` is how many of its rows are behind us: it moves in the transaction that writes them, so that a job whose
    worker died goes on there. The counts of the trial say what the rows would do, the others what they did. The row
    outlives the file; the faults and the first rows end with ``expires_at``.
    """

    COUNTS: ClassVar = ("new", "changed", "same", "faulty")

    record = Record(
        name=_("Imports"),
        place=Place.tab("audit", 30),
        kept="The first rows of a file, sealed under the key of the file: they end with it, and with every erasure of people.",
        day="made_at",
        prefix="IM",
        is_work=True,
    )
    data_categories = declare(
        none="id reference kind layout made_by made_at state sha256 size file file_ref file_ended_at rows done last_line "
        "would_new would_changed would_same would_faulty did_new did_changed did_same did_faulty trial job begun_at "
        "ended_at expires_at",
        free_text="preview",
    )

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    kind = models.CharField(_("goes into"), max_length=80)
    layout = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")], editable=False)
    made_by = models.CharField(_("uploaded by"), max_length=80)
    made_at = models.DateTimeField(_("brought"))
    state = models.CharField(_("state"), max_length=10, choices=ImportState.choices, default=ImportState.TRYING)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, editable=False)
    size = models.PositiveBigIntegerField(_("bytes"), editable=False)
    file = models.OneToOneField("vault.StoredFile", models.PROTECT, related_name="+", editable=False)
    # The vault keeps a key for each reference: this one belongs to the file and its first rows, which end with it.
    file_ref = models.UUIDField(default=uuid4, unique=True, editable=False)
    file_ended_at = models.DateTimeField(_("file destroyed"), null=True, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows behind us"), default=0)
    last_line = models.PositiveIntegerField(_("up to line"), default=0)
    would_new = models.PositiveIntegerField(default=0)
    would_changed = models.PositiveIntegerField(default=0)
    would_same = models.PositiveIntegerField(default=0)
    would_faulty = models.PositiveIntegerField(default=0)
    did_new = models.PositiveIntegerField(default=0)
    did_changed = models.PositiveIntegerField(default=0)
    did_same = models.PositiveIntegerField(default=0)
    did_faulty = models.PositiveIntegerField(default=0)
    trial = models.ForeignKey(Job, models.PROTECT, related_name="+", verbose_name=_("trial"), editable=False)
    job = models.ForeignKey(Job, models.PROTECT, related_name="+", verbose_name=_("job"), editable=False)
    begun_at = models.DateTimeField(_("begun for good"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    #: Sealed under the key of the file.
    preview = models.BinaryField(blank=True, default=b"", editable=False)

    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("import"), _("imports"))

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("register of imports")
        ordering: ClassVar = ["-id"]
        constraints = (
            models.CheckConstraint(name="jobs_import_done_is_at_most_rows", condition=Q(done__lte=F("rows"))),
            models.UniqueConstraint(
                name="jobs_a_file_is_taken_in_once",
                fields=("kind", "sha256"),
                condition=Q(state__in=(ImportState.TAKING, ImportState.DONE)),
            ),
        )
        indexes = (
            # The sweep: what lies here for too long.
            models.Index(fields=("expires_at",), name="jobs_import_expires", condition=Q(expires_at__isnull=False)),
            # Whether a file was brought before.
            models.Index(fields=("sha256",), name="jobs_import_file"),
        )

    def __str__(self) -> str:
        return self.reference


class ImportFault(models.Model):
    """What is wrong with one row, in the words of the form. Never what stood there; it ends with the file."""

    data_categories = declare(none="id brought line column message")

    brought = models.ForeignKey(ListImport, models.CASCADE, related_name="faults", verbose_name=_("import"))
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=40, blank=True)
    message = models.CharField(_("what to do"), max_length=500)

    class Meta:
        verbose_name = _("fault of an import")
        verbose_name_plural = _("faults of imports")
        ordering: ClassVar = ["line", "id"]
        constraints = (
            models.UniqueConstraint(name="jobs_import_fault_is_noted_once", fields=("brought", "line", "column")),
        )

    def __str__(self) -> str:
        return f"{self.line} {self.column}"
