"""Which consent manager acts for whom, and what proves that it acted."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.records.models.events import ConsentReceipt
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel


class ManagerLink(models.Model):
    """A person allowed a consent manager to give, list and withdraw for them, with a code that they handed over.

    Named to the manager by ``ref`` only: it learns nothing else about the person from us. Ended, never deleted.
    """

    ref = models.UUIDField(_("name of the link"), unique=True, default=uuid4, editable=False)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    manager = models.ForeignKey(
        "registers.ConsentManager", models.PROTECT, related_name="+", verbose_name=_("consent manager")
    )
    code_hash = models.BinaryField(_("hash of the code"), max_length=33, unique=True)
    code_until = models.DateTimeField(_("code works until"))
    asked_at = models.DateTimeField(_("asked"))
    linked_at = models.DateTimeField(_("linked"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    data_categories = declare(
        none="id ref subject_ref manager code_until asked_at linked_at ended_at", credential="code_hash"
    )

    class Meta:
        verbose_name = _("link to a consent manager")
        verbose_name_plural = _("links to consent managers")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="consent_one_live_link",
                fields=["subject_ref", "manager"],
                condition=Q(linked_at__isnull=False, ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.ref)


class ManagerRequest(AppendOnlyModel):
    """A request of a consent manager from which answers were recorded, as it was signed: its yes or no is evidence (DPDP s.6(7)).

    ``manager`` is the entry of the book whose public key the signature holds under; it is over ``signed``. The body names
    the link, a purpose, a channel and the hash of a text, never a person; its SHA-256 stands in the leaf of each answer.
    Kept as long as the answers.
    """

    receipt = models.OneToOneField(
        ConsentReceipt, models.PROTECT, related_name="manager_request", verbose_name=_("receipt")
    )
    manager = models.ForeignKey(
        "registers.ConsentManager", models.PROTECT, related_name="+", verbose_name=_("consent manager")
    )
    message_id = models.CharField(_("number of the request"), max_length=128)
    timestamp = models.CharField(_("time as signed"), max_length=11)
    signature = models.CharField(_("signature"), max_length=88)
    body = models.BinaryField(_("request"))
    taken_at = models.DateTimeField(_("taken"))

    data_categories = declare(none="id receipt manager message_id timestamp signature body taken_at")

    class Meta:
        verbose_name = _("signed request of a consent manager")
        verbose_name_plural = _("signed requests of consent managers")

    def __str__(self) -> str:
        return self.message_id

    @property
    def signed(self) -> bytes:
        """The exact bytes that the signature is over (Standard Webhooks)."""
        return f"{self.message_id}.{self.timestamp}.".encode() + bytes(self.body)
