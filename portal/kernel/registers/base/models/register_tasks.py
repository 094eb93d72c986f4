"""What somebody has to do about a row of a book."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.registers.base.choices import Overdue


class BookTask(models.Model):
    """One thing about one row that is overdue, or soon will be. Opened and closed by the nightly look, one at a time."""

    book = models.CharField(_("book"), max_length=60)
    entry = models.PositiveBigIntegerField(_("row"))
    code = models.CharField(_("code of the row"), max_length=80)
    what = models.CharField(_("what is to be done"), max_length=16, choices=Overdue.choices)
    due_on = models.DateField(_("due"))
    owner = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+", verbose_name=_("owner"))
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("done"), null=True, blank=True)

    record = Record(name=_("Register tasks"), place=Place.tab("registers", 80))
    data_categories = declare(none="id book entry code what due_on owner opened_at closed_at")
    register_days = RegisterDays(entered="opened_at", since="opened_at", until="closed_at")

    class Meta:
        verbose_name = _("register task")
        verbose_name_plural = _("register tasks")
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(
                name="registers_one_open_task_each", fields=("book", "entry", "what"), condition=Q(closed_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"{self.code}: {self.get_what_display()}"
