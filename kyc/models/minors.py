from django.db import models
from django.utils.translation import gettext_lazy as _

from kyc.models.cases import Case
from kyc.models.documents import Document
from kyc.models.parties import Party
from portal.core import moments
from portal.core.data_categories import declare


class MinorFound(models.Model):
    """A signed date of birth showed that a person is under age: what was done, and when. No name and no date of birth."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="minors", verbose_name=_("case"))
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who, behind the customer")
    )
    document = models.OneToOneField(Document, models.PROTECT, related_name="minor", verbose_name=_("document"))
    found_at = models.DateTimeField(_("found"))
    frozen_at = models.DateTimeField(_("frozen"))
    stopped_at = models.DateTimeField(_("messages stopped"))
    erased_at = models.DateTimeField(_("documents erased"))
    told_at = models.DateTimeField(_("contact told"))
    erased = models.PositiveSmallIntegerField(_("how many documents were erased"))
    kept = models.PositiveSmallIntegerField(_("how many a law or a hold keeps"))
    messages = models.PositiveSmallIntegerField(_("messages to the contact"))
    lifted_at = models.DateTimeField(_("freeze lifted"), null=True, blank=True)

    data_categories = declare(
        none="id case party document found_at frozen_at stopped_at erased_at told_at erased kept messages lifted_at"
    )

    class Meta:
        verbose_name = _("person found to be under age")
        verbose_name_plural = _("persons found to be under age")
        ordering = ("-found_at", "-id")

    def __str__(self) -> str:
        return f"{self.case}, {moments.day(self.found_at)}"
