from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import Risk, RiskReason
from kyc.base.models.cases import Case
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class RiskProposal(FourEyesModel):
    """One person's wish that a customer counts as another risk than its points say; another answers it.

    The newest one that was agreed to holds; one without a level gives the word back to the points.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="risk_proposals", verbose_name=_("case"))
    level = models.CharField(_("risk"), max_length=8, choices=Risk.choices, blank=True, editable=False)
    why = models.CharField(_("why"), max_length=16, choices=RiskReason.choices, editable=False)
    points = models.PositiveSmallIntegerField(_("points then"), editable=False)

    named_by = ("case",)
    record = Record(
        name=_("Risk rating changes"),
        place=Place.approval("cases", "kyc.Case"),
        kept="Words of staff about a proposal, and codes; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer case level why points",
        free_text="reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("change of a risk")
        verbose_name_plural = _("changes of risks")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_change_of_a_risk", fields=("case",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.case}: {self.get_level_display() or _('by points')}"
