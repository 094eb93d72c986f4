"""Data of a person that left for a third party: who got it, which fields, what for and on what basis."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import LawfulBasis


class Disclosure(AppendOnlyModel):
    """One request that carried data of one person or customer to a third party. No value stands here.

    Written before the bytes leave: what is not written is not sent. So it stands also where nobody answered.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    recipient_code = models.SlugField(_("recipient"), max_length=40)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    fields = models.JSONField(_("kinds of values"), default=list)
    purpose = models.SlugField(_("purpose"), max_length=40)
    basis = models.CharField(_("lawful basis"), max_length=24, choices=LawfulBasis.choices)
    receipt = models.CharField(_("receipt of the consent"), max_length=20, blank=True, default="", db_default="")
    about = models.CharField(_("about"), max_length=80, db_index=True)
    disclosed_at = models.DateTimeField(_("sent"), db_index=True)

    record = Record(
        name=_("Disclosures"), place=Place.tab("incidents", 30), day="disclosed_at", prefix="DI", is_work=True
    )
    data_categories = declare(
        none="id reference recipient_code subject_ref fields purpose basis receipt about disclosed_at"
    )

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.reference
