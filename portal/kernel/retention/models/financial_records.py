"""What lies in other systems under a law of keeping: metadata by kind and financial year, never the papers themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.retention.choices import BooksKind


class BooksRow(models.Model):
    """The invoices (payouts, licences, filings) of one financial year in one system, and the rule they are kept under.

    ``financial_year`` is the calendar year in which it begins: 2026 for 2026-27. The rule of the class
    ``books_`` and the kind decides until when; ``annual_return_due_on`` moves it where the authority extended the day.
    """

    record = Record(name=_("Financial records"), place=Place.tab("retention", 40), day="noted_at")
    data_categories = declare(
        none="id kind financial_year system annual_return_due_on noted_by noted_at destroyed_on destroyed_by certificate"
    )

    kind = models.CharField(_("kind"), max_length=12, choices=BooksKind.choices)
    financial_year = models.PositiveSmallIntegerField(_("financial year"), help_text=_("2026 for 2026-27."))
    system = models.CharField(_("system that stores them"), max_length=80)
    annual_return_due_on = models.DateField(_("annual return due"))
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("noted by"))
    noted_at = models.DateTimeField(_("noted"))
    destroyed_on = models.DateField(_("destroyed on"), null=True, blank=True)
    destroyed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("destruction noted by"),
    )
    certificate = models.CharField(_("certificate of the other system"), max_length=80, blank=True)

    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("register entry"), _("register entries"))

    class Meta:
        verbose_name = _("financial record")
        verbose_name_plural = _("financial records")
        ordering = ("-financial_year", "kind", "system")
        constraints = (
            models.UniqueConstraint(name="retention_books_once", fields=("kind", "financial_year", "system")),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.years}"

    @property
    def years(self) -> str:
        """``2026-27``."""
        return f"{self.financial_year}-{(self.financial_year + 1) % 100:02d}"

    @property
    def retention_class(self) -> str:
        return f"books_{self.kind}"
