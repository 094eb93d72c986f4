"""Long work as rows: what was asked, how far it is, which worker has it, and what came of it."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import declare
from portal.jobs.states import JobState


class Job(models.Model):
    """One piece of long work. Its parameters are codes, dates and references; its result lies in the vault."""

    data_categories = declare(
        none="id reference kind parameters state started_by attempts done total failure_code cancel_asked_at "
        "leased_until lease_token created_at started_at finished_at file_ref file_name result_file result_expires_at",
    )

    reference = models.CharField(max_length=16, unique=True, editable=False)
    kind = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    started_by = models.CharField(max_length=80, help_text=_("Kind and reference of whoever asked for it."))
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
