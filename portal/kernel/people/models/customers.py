"""Customers (the account) and the people who act for them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField, KeepsIndexes, ShortTextField, WordsIndexField
from portal.kernel.core.records import Place, Record
from portal.kernel.core.text import short_name
from portal.kernel.people.choices import CustomerKind, CustomerState, MemberRole


class Customer(KeepsIndexes):
    """An individual or an organisation. KYC attaches here; its people are principals with a membership."""

    subject = models.OneToOneField("people.Subject", models.PROTECT, related_name="customer", verbose_name=_("subject"))
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=14, choices=CustomerKind.choices)
    name = EncryptedTextField(_("name"), purpose="people.customer.name")
    name_key = WordsIndexField(_("lookup hash of the name"), of="name")
    short_name = ShortTextField(_("short name"), purpose="people.customer.short_name", of="name")
    state = models.CharField(_("state"), max_length=8, choices=CustomerState.choices, default=CustomerState.ACTIVE)
    created_at = models.DateTimeField(_("created"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    record = Record(
        name=_("Customers"),
        place=Place.tab("people", 10),
        day="created_at..closed_at",
        prefix="CU",
        person="subject__ref",
    )
    data_categories = declare(
        none="id subject reference kind state created_at closed_at", name="name name_key short_name"
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = (
            models.CheckConstraint(
                name="people_closed_customer_has_a_day",
                condition=Q(state=CustomerState.ACTIVE, closed_at=None)
                | Q(state=CustomerState.CLOSED, closed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    def shortened(self, name: str) -> str:
        """What lists show of the name: an organisation's whole."""
        return short_name(name) if self.kind == CustomerKind.INDIVIDUAL else name.strip()


class Membership(models.Model):
    """A person acting for a customer, from a day on, until the row is ended."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="memberships", verbose_name=_("customer"))
    principal = models.ForeignKey(
        "people.Principal", models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=8, choices=MemberRole.choices)
    joined_at = models.DateTimeField(_("joined"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    record = Record(day="joined_at..ended_at")
    data_categories = declare(none="id customer principal role joined_at ended_at")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.UniqueConstraint(
                name="people_one_live_membership", fields=("customer", "principal"), condition=Q(ended_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"{self.customer} {self.get_role_display()}"
