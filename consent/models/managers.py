"""Which consent manager acts for whom."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import declare


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
