from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DeletionRefusal, DeletionState
from kyc.base.models.documents import Document
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class DeletionRequest(models.Model):
    """A customer wants one document gone that was sent already: a person carries it out, or says what keeps it."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    document = models.OneToOneField(Document, models.PROTECT, related_name="deletion", verbose_name=_("document"))
    state = models.CharField(
        _("state"), max_length=8, choices=DeletionState.choices, default=DeletionState.ASKED, db_index=True
    )
    asked_at = models.DateTimeField(_("asked"))
    refusal = models.CharField(_("why it is kept"), max_length=8, choices=DeletionRefusal.choices, blank=True)
    #: "IN-CO", or the key of the house rule: what kept it on the day of the answer.
    kept_by = models.CharField(_("rule that keeps it"), max_length=40, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    certificate = models.JSONField(_("certificate"), null=True, editable=False)
    certificate_sha256 = models.CharField(_("SHA-256 of the certificate"), max_length=64, blank=True)

    #: What its label in clocks and audit events begins with.
    OWNER = "kyc.deletion:"

    record = Record(
        name=_("Deletion requests"), place=Place.tab("cases", 30), day="asked_at", prefix="DL", is_work=True
    )
    data_categories = declare(
        none="id reference document state asked_at refusal kept_by answered_at answered_by certificate certificate_sha256"
    )

    class Meta:
        verbose_name = _("request to delete a document")
        verbose_name_plural = _("requests to delete documents")
        ordering = ("asked_at", "id")
        constraints = (
            models.CheckConstraint(
                name="kyc_a_refused_deletion_says_what_keeps_it",
                condition=Q(state=DeletionState.REFUSED) & ~Q(refusal="")
                | ~Q(state=DeletionState.REFUSED) & Q(refusal=""),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def subject_ref(self) -> UUID:
        """Whose document it is about."""
        return self.document.subject_ref

    @property
    def owner(self) -> str:
        """Its label in clocks and audit events."""
        return f"{self.OWNER}{self.reference}"


class DeletionProposal(FourEyesModel):
    """One person's wish to destroy a document that its customer wants gone, and why nothing keeps it; another answers."""

    request = models.ForeignKey(
        DeletionRequest, models.PROTECT, related_name="proposals", verbose_name=_("request"), editable=False
    )
    why = models.TextField(_("why nothing keeps it"), max_length=500, editable=False)

    named_by = ("request",)
    record = Record(
        name=_("Destruction approvals"),
        place=Place.approval("cases", "kyc.DeletionRequest"),
        kept="Words of staff about a rule, without a name or a number; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer request",
        free_text="reason why",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposal to destroy a document")
        verbose_name_plural = _("proposals to destroy documents")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="kyc_one_open_proposal_to_destroy", fields=("request",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return str(self.request)

    @property
    def proposed(self) -> str:
        return self.why
