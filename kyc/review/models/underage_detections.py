from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class MinorFound(models.Model):
    """A signed date of birth showed that a person is under age: what was done, and when. No name and no date of birth."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="minors", verbose_name=_("case"))
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who, behind the customer")
    )
    document = models.OneToOneField(Document, models.PROTECT, related_name="minor", verbose_name=_("document"))
    found_at = models.DateTimeField(_("found"))
    frozen_at = models.DateTimeField(_("frozen"))
    stopped_at = models.DateTimeField(_("messages stopped"), null=True)
    erased_at = models.DateTimeField(_("documents erased"))
    told_at = models.DateTimeField(_("contact informed"), null=True)
    erased = models.PositiveSmallIntegerField(_("how many documents were erased"))
    kept = models.PositiveSmallIntegerField(_("how many a law or a legal hold retains"))
    messages = models.PositiveSmallIntegerField(_("messages to the contact"))
    lifted_at = models.DateTimeField(_("freeze lifted"), null=True, blank=True)
    #: Accounts that the freeze closed, or took over from another one that ended: what its own end has to give back.
    closed_customers = models.JSONField(_("accounts closed by the freeze"), default=list, blank=True)

    record = Record(name=_("Underage detections"), place=Place.tab("cases", 20), day="found_at")
    data_categories = declare(
        none="id case party document found_at frozen_at stopped_at erased_at told_at erased kept messages lifted_at "
        "closed_customers"
    )

    class Meta:
        verbose_name = _("person found to be under age")
        verbose_name_plural = _("underage detections")
        ordering = ("-found_at", "-id")

    def __str__(self) -> str:
        return f"{self.case}, {date_format.day(self.found_at)}"


class FreezeLift(FourEyesModel):
    """One person's word that the freeze of a child ends: it was a mistake, or the child is of age. Another answers it."""

    minor = models.ForeignKey(
        MinorFound, models.PROTECT, related_name="lifts", verbose_name=_("person found to be under age")
    )
    why = models.TextField(_("why"), max_length=500, editable=False)

    named_by = ("minor__case",)
    record = Record(
        name=_("Unfreeze requests"),
        place=Place.approval("cases", "kyc.MinorFound"),
        kept="Words of staff about a freeze, without a name or a number; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer minor", free_text="reason why"
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposal to end a freeze")
        verbose_name_plural = _("proposals to end a freeze")
        ordering: ClassVar = ["-made_at", "-id"]
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_end_of_a_freeze", fields=("minor",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.minor}: {self.get_answer_display()}"
