from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import CustomerType, Relation
from kyc.base.models.cases import Case
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class TypeProposal(FourEyesModel):
    """One person's wish that a customer counts as something else, to us or in law; another answers it.

    The list of papers follows from both: nobody shortens it alone.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="type_proposals", verbose_name=_("case"))
    relation = models.CharField(_("relation"), max_length=12, choices=Relation.choices, editable=False)
    customer_type = models.CharField(_("type"), max_length=12, choices=CustomerType.choices, editable=False)
    why = models.TextField(_("why"), max_length=500, editable=False)

    named_by = ("case",)
    record = Record(
        name=_("Customer type changes"),
        place=Place.approval("cases", "kyc.Case"),
        kept="Words of staff about a customer's type, without a name or a number; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer case relation customer_type",
        free_text="reason why",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("change of a type")
        verbose_name_plural = _("changes of types")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_change_of_a_type", fields=("case",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.case}: {self.get_relation_display()}, {self.get_customer_type_display()}"
