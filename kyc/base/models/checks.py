from django.db import models
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import Method
from kyc.base.models.documents import Document
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.register_days import RegisterDays


class Check(AppendOnlyModel):
    """One check that ran on one document: codes, hashes and times. What it saw lies in ``CheckEvidence``."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="checks", verbose_name=_("document"))
    name = models.CharField(_("check"), max_length=32)
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    outcome = models.CharField(_("outcome"), max_length=16)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    severity = models.CharField(_("severity"), max_length=12)
    document_sha256 = models.CharField(_("SHA-256 of the bytes checked"), max_length=64)
    plan_version = models.CharField(_("version of the plan"), max_length=20)
    method = models.CharField(_("method"), max_length=12, choices=Method.choices, blank=True, default="", db_default="")
    check_version = models.PositiveSmallIntegerField(_("version of the check"), default=0, db_default=0)
    #: The certificate whose signature it verified, and the question to a provider that it rests on.
    key_sha256 = models.CharField(_("SHA-256 of the key"), max_length=64, blank=True, default="", db_default="")
    inquiry_ref = models.CharField(_("question to a provider"), max_length=20, blank=True, default="", db_default="")
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"))

    data_categories = declare(
        none="id document name attempt outcome reason severity document_sha256 plan_version method check_version "
        "key_sha256 inquiry_ref started_at ended_at"
    )
    register_days = RegisterDays(entered="started_at", changed=("ended_at",))

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(name="kyc_each_attempt_once", fields=("document", "name", "attempt")),)

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}"


class CheckEvidence(models.Model):
    """What a check saw, masked, sealed under the customer's key; it goes with the customer's documents."""

    # No foreign-key cascade: the check stays when its evidence is erased.
    check_run = models.OneToOneField(
        Check, models.PROTECT, primary_key=True, related_name="evidence", verbose_name=_("check")
    )
    sealed = models.BinaryField(_("evidence"), editable=False)
    #: One hash of everything that it looked at: whoever replays the check sees whether it would look at the same.
    seen_sealed = models.BinaryField(_("reviewed content hash"), editable=False, default=b"", db_default=b"")

    data_categories = declare(none="check_run", identity_document="sealed seen_sealed")

    class Meta:
        verbose_name = _("evidence of a check")
        verbose_name_plural = _("evidence of checks")

    def __str__(self) -> str:
        return f"evidence of check {self.pk}"
