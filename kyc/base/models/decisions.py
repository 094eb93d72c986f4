from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DecisionOutcome, DecisionReason
from kyc.base.models.documents import Document
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class Decision(FourEyesModel):
    """A maker's proposal about one document and a checker's answer, bound to the bytes and checks that both saw.

    The reason code, the words to the customer and the note to colleagues are three fields; the last two are sealed under
    the customer's key.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    document = models.ForeignKey(Document, models.PROTECT, related_name="decisions", verbose_name=_("document"))
    document_sha256 = models.CharField(_("SHA-256 of the bytes seen"), max_length=64)
    outcome = models.CharField(_("proposal"), max_length=12, choices=DecisionOutcome.choices)
    reason_code = models.CharField(_("reason"), max_length=24, choices=DecisionReason.choices, blank=True)
    #: Names of the checks of which the maker said that they looked at what the machine could not settle.
    answered = models.CharField(_("reviewed by a person"), max_length=200, blank=True, default="", db_default="")
    message_sealed = models.BinaryField(_("message to the customer"), null=True, editable=False)
    note_sealed = models.BinaryField(_("internal note"), null=True, editable=False)

    named_by = ("document", "document__case")
    record = Record(name=_("KYC decisions"), place=Place.tab("desk", 50), prefix="PR", is_work=True)
    data_categories = declare(
        none="id reference document document_sha256 outcome reason_code answered act made_by made_at checked_by checked_at "
        "shown_sha256 answer",
        free_text="message_sealed note_sealed reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("KYC decision")
        verbose_name_plural = _("KYC decisions")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_proposal", fields=("document",), condition=Q(answer=Answer.PENDING)
            ),
            models.CheckConstraint(
                name="kyc_reason_unless_approved",
                condition=Q(outcome=DecisionOutcome.APPROVE, reason_code="")
                | (~Q(outcome=DecisionOutcome.APPROVE) & ~Q(reason_code="")),
                violation_error_message=_("Choose a reason unless you approve, and none if you do."),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def proposed(self) -> str:
        return f"{self.document.get_kind_display()}: {self.get_outcome_display()}"

    @property
    def subject_ref(self) -> UUID:
        """Whose document it is about."""
        return self.document.subject_ref
