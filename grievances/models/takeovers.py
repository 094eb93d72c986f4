"""Open grievances of an old system: a list that is tried line by line, then taken over, and what became of each line."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances import takeover_words as words
from grievances.models.ticket import Ticket
from grievances.states import TakeOverState
from portal.core.data_categories import declare


class TicketTakeOver(models.Model):
    """One list of one old system. It lies encrypted under a key of its own, which ends with the take-over."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    state = models.CharField(
        _("state"), max_length=12, choices=list(words.STATES.items()), default=TakeOverState.TRYING, db_index=True
    )
    origin = models.CharField(_("old system"), max_length=80)
    file_format = models.CharField(_("format"), max_length=8)
    sha256 = models.CharField(_("SHA-256 of the list"), max_length=64, db_index=True)
    file = models.ForeignKey("vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("list"))
    file_ref = models.UUIDField(_("key of the list"), editable=False)
    job = models.ForeignKey("jobs.Job", models.PROTECT, related_name="+", verbose_name=_("job"))
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("brought by")
    )
    brought_at = models.DateTimeField(_("brought"))
    lines = models.PositiveIntegerField(_("lines"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    data_categories = declare(
        none="id reference state origin file_format sha256 file file_ref job brought_by brought_at lines ended_at"
    )

    class Meta:
        verbose_name = _("take-over of grievances")
        verbose_name_plural = _("take-overs of grievances")
        ordering = ("-brought_at", "-id")

    def __str__(self) -> str:
        return self.reference


class TicketTakeOverLine(models.Model):
    """One line: the grievance it became, or the code of what is wrong with it. Of its values the old reference alone.

    It is the grievance's provenance: of which old system it is, and how it was called there.
    """

    take_over = models.ForeignKey(TicketTakeOver, models.PROTECT, related_name="results", verbose_name=_("take-over"))
    number = models.PositiveIntegerField(_("line"))
    fault = models.CharField(_("what is wrong"), max_length=40, blank=True)
    old_reference = models.CharField(_("reference in the old system"), max_length=60, blank=True)
    ticket = models.OneToOneField(
        Ticket, models.PROTECT, null=True, blank=True, related_name="legacy", verbose_name=_("grievance")
    )

    data_categories = declare(none="id take_over number fault old_reference ticket")

    class Meta:
        verbose_name = _("line of a take-over")
        verbose_name_plural = _("lines of take-overs")
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(name="grievances_a_line_is_taken_over_once", fields=("take_over", "number")),
            models.CheckConstraint(
                name="grievances_a_line_taken_over_names_the_old_one", condition=Q(ticket=None) | ~Q(old_reference="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.take_over} {self.number}"
