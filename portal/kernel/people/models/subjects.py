"""Opaque references that outlive the people they stand for."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Record
from portal.kernel.law.choices import Regime
from portal.kernel.people.choices import SubjectKind


class Subject(models.Model):
    """Issues a random reference to a person, a customer or a stranger; evidence carries it, never a key to a person."""

    ref = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=SubjectKind.choices)
    created_at = models.DateTimeField(_("created"))
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    record = Record(person="ref")
    data_categories = declare(none="id ref kind created_at erased_at")

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")

    def __str__(self) -> str:
        return str(self.ref)


class SubjectAlias(AppendOnlyModel):
    """Two references that turned out to be one person. References are never rewritten: readers ask ``refs_of``."""

    old_ref = models.UUIDField(_("earlier reference"), unique=True)
    new_ref = models.UUIDField(_("later reference"), db_index=True)
    joined_at = models.DateTimeField(_("joined"))

    data_categories = declare(none="id old_ref new_ref joined_at")

    class Meta:
        verbose_name = _("joined subject")
        verbose_name_plural = _("joined subjects")
        constraints = (models.CheckConstraint(name="people_alias_joins_two", condition=~Q(old_ref=F("new_ref"))),)

    def __str__(self) -> str:
        return f"{self.old_ref} = {self.new_ref}"


class RegimeEvidence(models.Model):
    """Why a law applies to a person: without a row the law of India applies (the company and its network are there)."""

    class Ground(models.TextChoices):
        DECLARED = "declared", _("Stated by the person")
        ADDRESS = "address", _("Postal address")
        PHONE_CODE = "phone_code", _("Country code of the number")
        DOCUMENT = "document", _("Document")
        NETWORK = "network", _("Place of the network address")

    subject_ref = models.UUIDField(_("subject"), db_index=True)
    regime = models.CharField(_("law"), max_length=8, choices=Regime.choices)
    ground = models.CharField(_("ground"), max_length=12, choices=Ground.choices)
    noted_at = models.DateTimeField(_("noted"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    data_categories = declare(none="id subject_ref noted_at ended_at", location="regime ground")

    class Meta:
        verbose_name = _("evidence of the law that applies")
        verbose_name_plural = _("evidence of the law that applies")
        constraints = (
            models.UniqueConstraint(
                name="people_one_live_row_per_regime_and_ground",
                fields=("subject_ref", "regime", "ground"),
                condition=Q(ended_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.regime} ({self.ground})"
