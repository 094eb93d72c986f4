"""KYC that is done again: why, what of it, by when, and what the customer was told about it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import RenewalReason
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class Renewal(models.Model):
    """One reason for which a case is looked at again. What was sent before ``opened_at`` and falls under it is due again.

    Until ``due_on`` the verification of before stands.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="renewals", verbose_name=_("case"))
    reason = models.CharField(_("reason"), max_length=20, choices=RenewalReason.choices)
    #: The document whose last day is near; empty for every other reason.
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="renewals", verbose_name=_("document")
    )
    opened_at = models.DateTimeField(_("opened"))
    due_on = models.DateField(_("due on"))
    closed_at = models.DateTimeField(_("done"), null=True, blank=True)

    record = Record(name=_("KYC updates"), place=Place.tab("cases", 10), day="opened_at")
    data_categories = declare(none="id case reason document opened_at due_on closed_at")

    class Meta:
        verbose_name = _("renewal of KYC")
        verbose_name_plural = _("renewals of KYC")
        ordering = ("-opened_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="kyc_one_open_renewal_for_a_reason",
                fields=("case", "reason"),
                condition=Q(closed_at=None, document=None),
            ),
            models.UniqueConstraint(
                name="kyc_one_open_renewal_of_a_document", fields=("document",), condition=Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="kyc_a_renewal_names_the_document_that_ends",
                condition=Q(reason=RenewalReason.DOCUMENT_ENDS, document__isnull=False)
                | (~Q(reason=RenewalReason.DOCUMENT_ENDS) & Q(document=None)),
            ),
            models.CheckConstraint(
                name="kyc_a_renewal_ends_after_it_begins",
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.case}: {self.get_reason_display()}"


class RenewalNotice(AppendOnlyModel):
    """The customer was told of a renewal: which of the notices before or after the day it was. Each once."""

    renewal = models.ForeignKey(Renewal, models.PROTECT, related_name="notices", verbose_name=_("renewal"))
    #: Days from the due day: -30 is a month before, 15 half a month after.
    days = models.SmallIntegerField(_("days after the due day"))
    told_at = models.DateTimeField(_("told"))
    #: How many messages went out: to each owner of the account, in the dashboard and by e-mail.
    messages = models.PositiveSmallIntegerField(_("messages"))

    data_categories = declare(none="id renewal days told_at messages")

    class Meta:
        verbose_name = _("notice of a renewal")
        verbose_name_plural = _("notices of renewals")
        ordering = ("told_at", "id")
        constraints = (models.UniqueConstraint(name="kyc_each_notice_of_a_renewal_once", fields=("renewal", "days")),)

    def __str__(self) -> str:
        return f"{self.renewal}: {self.days:+d}"
