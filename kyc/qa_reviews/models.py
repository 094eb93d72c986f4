"""Approvals that are looked at a second time: how they were drawn, and what was found."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DecisionReason, LookResult
from kyc.base.models.decisions import Decision
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class Draw(AppendOnlyModel):
    """The draw of one day's approvals: all that is needed to draw them again."""

    day = models.DateField(_("approvals of"), unique=True)
    #: The root of the first checkpoint of the ledger that holds the whole day: nobody knew it when they decided.
    seed = models.CharField(_("seed"), max_length=64)
    tree_size = models.BigIntegerField(_("leaves of the checkpoint"))
    share = models.DecimalField(_("share in %"), max_digits=5, decimal_places=2)
    population = models.PositiveIntegerField(_("approvals"))
    drawn_at = models.DateTimeField(_("drawn"))

    record = Record(name=_("QA samples"), place=Place.tab("qa", 10), day="drawn_at")
    data_categories = declare(none="id day seed tree_size share population drawn_at")

    class Meta:
        verbose_name = _("QA sample")
        verbose_name_plural = _("QA samples")
        ordering = ("-day",)

    def __str__(self) -> str:
        return date_format.day(self.day)


class SecondLook(models.Model):
    """One approval that was drawn. Somebody who had no part in it looks, and says what they found."""

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="looks", verbose_name=_("draw"))
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="second_look", verbose_name=_("decision"))
    result = models.CharField(_("found"), max_length=8, choices=LookResult.choices, default=LookResult.OPEN)
    reason_code = models.CharField(_("fault"), max_length=24, choices=DecisionReason.choices, blank=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    looked_at = models.DateTimeField(_("reviewed"), null=True, blank=True)

    record = Record(name=_("QA reviews"), place=Place.entry("qa"), day="draw__drawn_at")
    data_categories = declare(none="id draw decision result reason_code looked_by looked_at")

    class Meta:
        verbose_name = _("QA review")
        verbose_name_plural = _("QA reviews")
        constraints = (
            models.CheckConstraint(
                name="kyc_a_second_look_has_its_person",
                condition=Q(result=LookResult.OPEN, looked_by=None, looked_at=None)
                | (~Q(result=LookResult.OPEN) & Q(looked_by__isnull=False, looked_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="kyc_a_fault_has_its_reason",
                condition=(Q(result=LookResult.FAULT) & ~Q(reason_code=""))
                | (~Q(result=LookResult.FAULT) & Q(reason_code="")),
            ),
        )

    def __str__(self) -> str:
        return str(self.decision)
