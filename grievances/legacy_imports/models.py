from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base.models.ticket import Ticket
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.models.legacy_imports import TakeOverLineModel, TakeOverModel


class TicketTakeOver(TakeOverModel):
    """A list of open grievances of an old system."""

    file_format = models.CharField(_("format"), max_length=8)

    record = Record(name=_("Legacy grievance imports"), place=Place.tab("operations", 30), prefix="TT", is_work=True)
    data_categories = declare(none=f"{TakeOverModel.DECLARED} file_format")

    class Meta(TakeOverModel.Meta):
        verbose_name = _("take-over of grievances")
        verbose_name_plural = _("take-overs of grievances")


class TicketTakeOverLine(TakeOverLineModel):
    """One line: the grievance it became, or what is wrong with it. Of its values the old reference alone.

    It is the grievance's provenance: of which old system it is, and how it was called there.
    """

    take_over = models.ForeignKey(TicketTakeOver, models.PROTECT, related_name="results", verbose_name=_("take-over"))
    old_reference = models.CharField(_("reference in the old system"), max_length=60, blank=True)
    ticket = models.OneToOneField(
        Ticket, models.PROTECT, null=True, blank=True, related_name="legacy", verbose_name=_("grievance")
    )

    data_categories = declare(none=f"{TakeOverLineModel.DECLARED} old_reference ticket")

    class Meta(TakeOverLineModel.Meta):
        constraints = (
            *TakeOverLineModel.Meta.constraints,
            models.CheckConstraint(
                name="grievances_a_line_taken_over_names_the_old_one", condition=Q(ticket=None) | ~Q(old_reference="")
            ),
        )
