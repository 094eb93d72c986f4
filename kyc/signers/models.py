from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import SignerChange
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class SignerKey(models.Model):
    """A certificate that may sign documents: shipped with the portal, or imported by two people. Ended, never deleted.

    A certificate of the public is no secret and names an authority, not a person.
    """

    sha256 = models.CharField(_("SHA-256 of the certificate"), max_length=64, unique=True, editable=False)
    name = models.CharField(_("name in the certificate"), max_length=200, editable=False)
    certificate = models.BinaryField(_("certificate"), editable=False)
    kinds = models.JSONField(_("documents it may sign"), default=list, editable=False)
    valid_from = models.DateTimeField(_("valid from"), editable=False)
    valid_until = models.DateTimeField(_("valid until"), editable=False)
    source = models.CharField(_("source"), max_length=300, editable=False)
    is_confirmed = models.BooleanField(_("fingerprint compared with its publication"), default=False, editable=False)
    added_at = models.DateTimeField(_("trusted since"), editable=False)
    ended_at = models.DateTimeField(_("no longer trusted since"), null=True, editable=False)

    record = Record(name=_("Signing certificates"), place=Place.tab("operations", 50), day="added_at..ended_at")
    data_categories = declare(
        none="id sha256 name certificate kinds valid_from valid_until source is_confirmed added_at ended_at"
    )

    class Meta:
        verbose_name = _("signer's certificate")
        verbose_name_plural = _("signers' certificates")
        ordering = ("-valid_until", "name")
        constraints = (
            models.CheckConstraint(name="kyc_signer_valid_for_a_time", condition=Q(valid_until__gt=F("valid_from"))),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:8]})"


class SignerProposal(FourEyesModel):
    """One person's wish to trust a certificate, or to stop trusting one; another answers it."""

    change = models.CharField(_("change"), max_length=8, choices=SignerChange.choices, editable=False)
    sha256 = models.CharField(_("SHA-256 of the certificate"), max_length=64, editable=False)
    name = models.CharField(_("name in the certificate"), max_length=200, editable=False)
    certificate = models.BinaryField(_("certificate"), editable=False)
    kinds = models.JSONField(_("documents it may sign"), default=list, editable=False)
    source = models.CharField(_("source"), max_length=300, editable=False)

    record = Record(
        name=_("Signing certificate changes"),
        place=Place.approval("operations", "kyc.SignerKey"),
        kept="Words of staff about a certificate; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer change sha256 name certificate kinds source",
        free_text="reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("change of a signer's certificate")
        verbose_name_plural = _("changes of signers' certificates")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_change_of_a_signer", fields=("sha256",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.name}"
