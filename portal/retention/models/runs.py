"""What was erased, when, under which rule: counts and hashes, nobody's data."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import declare
from portal.retention.states import RunState


class ErasureRun(models.Model):
    """One pass over everything whose period may be over. Its certificate is the canonical JSON of its steps."""

    data_categories = declare(
        none="id reference state started_by started_at finished_at due held kept_by_law erased certificate "
        "certificate_sha256"
    )

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=RunState.choices, default=RunState.RUNNING)
    started_by = models.CharField(_("started by"), max_length=80)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    due = models.PositiveBigIntegerField(_("due"), default=0)
    held = models.PositiveBigIntegerField(_("held"), default=0)
    kept_by_law = models.PositiveBigIntegerField(_("kept by law"), default=0)
    erased = models.PositiveBigIntegerField(_("erased"), default=0)
    certificate = models.JSONField(_("certificate"), null=True)
    certificate_sha256 = models.CharField(_("SHA-256 of the certificate"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("erasure run")
        verbose_name_plural = _("erasure runs")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.reference


class ErasureStep(models.Model):
    """One eraser under one rule in one run."""

    data_categories = declare(
        none="id run eraser retention_class rule_version rule_sha256 cutoff due held kept_by_law erased failure "
        "subjects_sha256 finished_at"
    )

    run = models.ForeignKey(ErasureRun, models.PROTECT, related_name="steps")
    eraser = models.CharField(_("what"), max_length=64)
    retention_class = models.SlugField(_("class"), max_length=32)
    rule_version = models.PositiveIntegerField(_("version of the rule"))
    rule_sha256 = models.CharField(_("content hash of the rule"), max_length=64)
    cutoff = models.DateTimeField(_("erased what began before"), null=True)
    due = models.PositiveBigIntegerField(_("due"), default=0)
    held = models.PositiveBigIntegerField(_("held"), default=0)
    kept_by_law = models.PositiveBigIntegerField(_("kept by law"), default=0)
    erased = models.PositiveBigIntegerField(_("erased"), default=0)
    failure = models.CharField(
        _("failure"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("The type of the last error: something was not erased. The next run tries again."),
    )
    subjects_sha256 = models.CharField(
        _("SHA-256 of the references"),
        max_length=64,
        help_text=_("Of the sorted references of the subjects concerned: names nobody, proves which."),
    )
    finished_at = models.DateTimeField(_("finished"))

    class Meta:
        verbose_name = _("step of an erasure run")
        verbose_name_plural = _("steps of erasure runs")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("run", "eraser"), name="retention_step_is_done_once_in_a_run"),)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.eraser}"
