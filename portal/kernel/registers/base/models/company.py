"""What the company calls itself and where it can be reached, and since when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class CompanyDetails(FourEyesModel):
    """The company's name and contact as letters, notices and receipts show them. Superseded, never edited."""

    record = Record(
        name=_("Company details"),
        place=Place.tab("law", 70),
        kept="Words of staff about the company; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer legal_name trade_name email phone "
        "postal_address website effective_from",
        free_text="reason",
    )
    #: As ``current_entries.company_details`` answers: the approved row that began last.
    register_days = RegisterDays(
        entered="made_at",
        changed=("checked_at",),
        since="effective_from",
        among=Q(answer=Answer.APPROVED),
        one_per=(),
        rank=("effective_from", "checked_at", "pk"),
    )

    legal_name = models.CharField(_("registered name"), max_length=160)
    trade_name = models.CharField(_("name customers know"), max_length=80)
    email = models.CharField(_("email address"), max_length=254)
    phone = models.CharField(_("phone number"), max_length=16)
    postal_address = models.CharField(_("postal address"), max_length=300)
    website = models.URLField(_("website"), blank=True)
    effective_from = models.DateField(_("valid from"))

    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("version of the company details"), _("versions of the company details"))

    class Meta(FourEyesModel.Meta):
        verbose_name = _("company details")
        verbose_name_plural = _("company details")
        ordering = ("-effective_from", "-id")

    def __str__(self) -> str:
        return f"{self.trade_name}, {date_format.day(self.effective_from)}"
