"""The people and organisations behind a customer: who signs, who directs, who owns."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kyc.base.models.cases import Case
from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Record


class Party(models.Model):
    """Somebody of one case: a person (``principal``) or an organisation, which has a name only.

    Each has a reference of its own (``subject_ref``), joined to the person's: their documents in this case lie under a
    key that ends with this case, while another customer's papers about the same person stay.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="parties", verbose_name=_("case"))
    subject_ref = models.UUIDField(_("subject"), unique=True, default=uuid.uuid4, editable=False)
    principal = models.ForeignKey(
        "people.Principal", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    name = EncryptedTextField(_("name of the organisation"), purpose="kyc.party.name", blank=True)
    is_signatory = models.BooleanField(_("signs for the customer"), default=False, db_default=False)
    is_director = models.BooleanField(_("director, partner or trustee"), default=False, db_default=False)
    added_at = models.DateTimeField(_("added"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    record = Record(prefix="PA")
    data_categories = declare(
        none="id reference case subject_ref principal is_signatory is_director added_at ended_at erased_at", name="name"
    )

    class Meta:
        verbose_name = _("person behind a customer")
        verbose_name_plural = _("people behind customers")
        constraints = (
            models.UniqueConstraint(
                name="kyc_one_party_for_a_person",
                fields=("case", "principal"),
                condition=Q(ended_at=None, principal__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def full_name(self) -> str:
        """What the person or organisation is called."""
        return str(self.principal.full_name if self.principal else self.name)


class Holding(models.Model):
    """So many per cent of the customer (``held`` is empty), or of an organisation in between, belong to a party."""

    owner = models.ForeignKey(Party, models.PROTECT, related_name="holdings", verbose_name=_("owner"))
    held = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="owners", verbose_name=_("through")
    )
    percent = models.DecimalField(_("%"), max_digits=7, decimal_places=4)
    since = models.DateTimeField(_("noted"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    data_categories = declare(none="id owner held since ended_at", financial="percent")

    class Meta:
        verbose_name = _("share in a customer")
        verbose_name_plural = _("shares in customers")
        constraints = (
            models.UniqueConstraint(
                name="kyc_one_share_in_the_customer", fields=("owner",), condition=Q(held=None, ended_at=None)
            ),
            models.UniqueConstraint(
                name="kyc_one_share_in_an_organisation", fields=("owner", "held"), condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="kyc_nobody_owns_itself", condition=Q(held=None) | ~Q(held=F("owner"))),
            models.CheckConstraint(
                name="kyc_a_share_is_more_than_nothing", condition=Q(percent__gt=0, percent__lte=Decimal(100))
            ),
        )

    def __str__(self) -> str:
        return f"{self.owner}: {self.percent} %"
