from django.db import models
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import CaseState, CustomerType, Relation, Risk
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.models.work_locks import ClaimedModel


class Case(ClaimedModel):
    """The KYC of one customer, vendor or applicant: one case for its life; documents are replaced within it."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    customer = models.OneToOneField("people.Customer", models.PROTECT, related_name="kyc", verbose_name=_("customer"))
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    relation = models.CharField(
        _("relation"), max_length=12, choices=Relation.choices, default=Relation.CUSTOMER, db_default=Relation.CUSTOMER
    )
    customer_type = models.CharField(
        _("type"), max_length=12, choices=CustomerType.choices, blank=True, default="", db_default=""
    )
    state = models.CharField(
        _("state"), max_length=12, choices=CaseState.choices, default=CaseState.OPEN, db_index=True
    )
    #: When the customer said that nobody else owns more than the share that counts; a change of shares ends it.
    nobody_else_at = models.DateTimeField(_("stated that no one else is an owner"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    review_since = models.DateTimeField(_("with us since"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    risk = models.CharField(_("risk"), max_length=8, choices=Risk.choices, blank=True, default="", db_default="")
    #: When everything that is asked for was last looked at; the next time counts from it.
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    #: The customer turned out to be a child: nothing is taken and nothing may be sent until a person lifts it.
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    #: The customer has another name since then, and was not held against the sanctions lists under it yet.
    to_screen_since = models.DateTimeField(_("to be screened since"), null=True, blank=True, db_index=True)
    rekyc_on = models.DateField(_("next review on"), null=True, blank=True)
    retained_until = models.DateField(_("kept at least until"), null=True, blank=True)

    #: What its label in clocks and audit events begins with.
    OWNER = "kyc.case:"

    record = Record(name=_("KYC cases"), place=Place.entry("cases"), day="opened_at", prefix="KY", is_work=True)
    data_categories = declare(
        none="id reference customer subject_ref relation customer_type state nobody_else_at opened_at review_since decided_at rekyc_on retained_until "
        "risk verified_at frozen_at to_screen_since locked_by locked_until"
    )

    class Meta:
        verbose_name = _("KYC case")
        verbose_name_plural = _("KYC cases")

    def __str__(self) -> str:
        return self.reference

    @property
    def owner(self) -> str:
        """Its label in clocks and audit events."""
        return f"{self.OWNER}{self.reference}"
