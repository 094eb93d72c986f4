"""When, how often and in which language a person wants messages: each change a fact, the present a projection."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Pace
from consent.records.models.events import ConsentReceipt
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class Wished(models.Model):
    """The wishes themselves, the same in the fact and in the projection."""

    subject_ref = models.UUIDField(_("subject"))
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    quiet_for_service = models.BooleanField(_("quiet hours for service updates too"), default=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    pace = models.CharField(_("how often at most"), max_length=12, choices=Pace.choices, default=Pace.NO_LIMIT)
    language = models.CharField(_("language of messages"), max_length=12, default="en")
    #: Codes with one space between them, of ``PreferenceCategory``, channels, bands like 10:00-12:00, ``DayType``.
    blocked_categories = models.CharField(_("blocked categories"), max_length=120, blank=True, default="")
    blocked_modes = models.CharField(_("blocked modes"), max_length=60, blank=True, default="")
    blocked_bands = models.CharField(_("blocked hours"), max_length=120, blank=True, default="")
    blocked_days = models.CharField(_("blocked days"), max_length=60, blank=True, default="")
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_quiet_hours_have_two_ends",
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        )


_WISHED = (
    "id subject_ref quiet_from quiet_until quiet_for_service paused_until pace language blocked_categories "
    "blocked_modes blocked_bands blocked_days changed_at"
)


class PreferenceChange(AppendOnlyModel, Wished):
    """All wishes of a person as they were after one change. What was told about blocking has a receipt."""

    entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ledger entry")
    )
    receipt = models.ForeignKey(
        ConsentReceipt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="preference_changes",
        verbose_name=_("receipt"),
    )

    record = Record(name=_("DND preferences"), place=Place.tab("consent", 30), day="changed_at")
    data_categories = declare(none=f"{_WISHED} entry receipt")
    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("change of what is blocked"), _("changes of what is blocked"))

    class Meta(Wished.Meta):
        abstract = False
        # The admin lists those that are about blocking, and no others.
        verbose_name = _("what a person blocks (do not disturb)")
        verbose_name_plural = _("what people block (do not disturb)")
        ordering = ("-id",)
        indexes = (models.Index(fields=("subject_ref", "-id"), name="consent_preference_history"),)

    def __str__(self) -> str:
        return date_format.moment(self.changed_at)


class Preference(Wished):
    """The wishes now."""

    data_categories = declare(none=_WISHED)

    class Meta(Wished.Meta):
        abstract = False
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
        constraints = (
            *Wished.Meta.constraints,
            models.UniqueConstraint(name="consent_one_preference_row", fields=("subject_ref",)),
        )

    def __str__(self) -> str:
        return str(self.subject_ref)
