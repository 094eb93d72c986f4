from django.db import models
from django.utils.translation import gettext_lazy as _

from kyc.base.models.documents import Document
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.models.legacy_imports import TakeOverLineModel, TakeOverModel


class TakeOver(TakeOverModel):
    """An archive of KYC files of an old system; each document is checked anew."""

    record = Record(name=_("Legacy KYC imports"), place=Place.tab("operations", 40), prefix="TO", is_work=True)
    data_categories = declare(none=TakeOverModel.DECLARED)

    class Meta(TakeOverModel.Meta):
        verbose_name = _("take-over of KYC files")
        verbose_name_plural = _("take-overs of KYC files")


class TakeOverLine(TakeOverLineModel):
    """One line of the index: the document it became, or what is wrong with it. No value of the line."""

    take_over = models.ForeignKey(TakeOver, models.PROTECT, related_name="results", verbose_name=_("take-over"))
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )

    data_categories = declare(none=f"{TakeOverLineModel.DECLARED} document")
