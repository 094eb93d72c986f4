"""Two records of persons that one person proposes to merge, and another agrees to."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.models.maker_checker import FourEyesModel
from portal.kernel.people.models.people import Principal


class MergeProposal(FourEyesModel):
    """``old`` and ``new`` are one person. Neither row is changed or deleted: an alias joins their references."""

    old = models.ForeignKey(Principal, models.PROTECT, related_name="+", verbose_name=_("the one record"))
    new = models.ForeignKey(Principal, models.PROTECT, related_name="+", verbose_name=_("the other record"))
    why = models.TextField(_("how we know"), max_length=500)

    record = Record(
        name=_("Merge requests"),
        place=Place.approval("people", "people.Principal"),
        kept="Words of staff about two records, without a name or a number; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer old new", free_text="reason why"
    )
    named_by = ("old", "new")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("merge request")
        verbose_name_plural = _("merge requests")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(name="people_merge_is_of_two", condition=~Q(old=F("new"))),
        )

    def __str__(self) -> str:
        return f"{self.old} = {self.new}"
