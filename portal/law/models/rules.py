from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.core import clock
from portal.core.data_categories import declare
from portal.law.states import UNCONFIRMED, Confidence


class DatedRule(models.Model):
    """A row that is superseded by a higher version and never edited; ``sha256`` is of its canonical content."""

    key = models.CharField(_("key"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    effective_from = models.DateField(_("in force from"), null=True, blank=True)
    effective_to = models.DateField(_("in force until"), null=True, blank=True)
    source = models.TextField(_("source"))
    note = models.TextField(_("note"), blank=True)
    sha256 = models.CharField(_("content hash"), max_length=64)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class LegalRule(DatedRule):
    """One rule of law, as data (``law/data/legal_rules.toml``)."""

    law = models.CharField(_("law"), max_length=200)
    provision = models.CharField(_("provision"), max_length=200)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=10)
    kind = models.CharField(_("kind"), max_length=20)
    start_event = models.CharField(_("starts with"), max_length=80)
    counting = models.CharField(_("counting"), max_length=200)
    roll = models.CharField(_("roll"), max_length=30)
    applies_to = models.CharField(_("applies to"), max_length=200)
    values = models.JSONField(_("values"), default=list, blank=True)
    pauses = models.BooleanField(_("may be paused"), default=False)
    confidence = models.CharField(_("confidence"), max_length=2, choices=Confidence.choices)
    date_confidence = models.CharField(_("confidence of its dates"), max_length=20, blank=True)

    data_categories = declare(
        none="id key version amount unit effective_from effective_to source note sha256 recorded_at law provision "
        "jurisdiction kind start_event counting roll applies_to values pauses confidence date_confidence"
    )

    class Meta:
        verbose_name = _("legal rule")
        verbose_name_plural = _("legal rules")
        ordering: ClassVar = ["key", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "version"], name="law_legalrule_version")]

    @property
    def is_confirmed(self) -> bool:
        """Whether both the text and the dates were read; a page says "unconfirmed" where this is false."""
        return self.confidence not in UNCONFIRMED and self.date_confidence != "unconfirmed"


class HouseRule(DatedRule):
    """A promise of our own, dated like a law: a reply target, an undo time, the life of a link."""

    name = models.CharField(_("name"), max_length=200)
    pauses = models.BooleanField(_("may be paused"), default=False)

    data_categories = declare(
        none="id key version amount unit effective_from effective_to source note sha256 recorded_at name pauses"
    )

    class Meta:
        verbose_name = _("house rule")
        verbose_name_plural = _("house rules")
        ordering: ClassVar = ["key", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "version"], name="law_houserule_version")]
