from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kyc.models.documents import Document
from kyc.states import TakeOverState
from portal.core.data_categories import declare


class TakeOver(models.Model):
    """An archive of KYC files of an old system: tried line by line first, then taken in; each document is checked anew."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    state = models.CharField(
        _("state"), max_length=12, choices=TakeOverState.choices, default=TakeOverState.TRYING, db_index=True
    )
    origin = models.CharField(_("old system"), max_length=80)
    sha256 = models.CharField(_("SHA-256 of the archive"), max_length=64, db_index=True)
    file = models.ForeignKey("vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("archive"))
    file_ref = models.UUIDField(_("key of the archive"), editable=False)
    job = models.ForeignKey("jobs.Job", models.PROTECT, related_name="+", verbose_name=_("job"))
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("brought by")
    )
    brought_at = models.DateTimeField(_("brought"))
    lines = models.PositiveIntegerField(_("lines"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    data_categories = declare(
        none="id reference state origin sha256 file file_ref job brought_by brought_at lines ended_at"
    )

    class Meta:
        verbose_name = _("take-over of KYC files")
        verbose_name_plural = _("take-overs of KYC files")
        ordering = ("-brought_at", "-id")

    def __str__(self) -> str:
        return self.reference


class TakeOverLine(models.Model):
    """One line of the index: the document it became, or the code of what is wrong with it. No value of the line."""

    take_over = models.ForeignKey(TakeOver, models.PROTECT, related_name="results", verbose_name=_("take-over"))
    number = models.PositiveIntegerField(_("line"))
    fault = models.CharField(_("what is wrong"), max_length=40, blank=True)
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )

    data_categories = declare(none="id take_over number fault document")

    class Meta:
        verbose_name = _("line of a take-over")
        verbose_name_plural = _("lines of take-overs")
        ordering = ("number",)
        constraints = (models.UniqueConstraint(name="kyc_a_line_is_taken_over_once", fields=("take_over", "number")),)

    def __str__(self) -> str:
        return f"{self.take_over} {self.number}"
