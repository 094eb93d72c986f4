"""The people and organisations behind a customer: who signs, who directs, who owns."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.models.cases import Case
from portal.core.data_categories import declare
from portal.core.fields import EncryptedTextField


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
    added_at = models.DateTimeField(_("added"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    data_categories = declare(none="id reference case subject_ref principal added_at ended_at erased_at", name="name")

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
