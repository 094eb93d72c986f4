"""Reports of whole months, kept as they were counted when the month was over."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import declare
from portal.core.models import AppendOnlyModel


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
