"""An appeal: the same grievance before another officer, with clocks of its own."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from grievances.base import choices, labels
from portal.kernel.core.data_categories import declare


class Appeal(models.Model):
    """One appeal of one grievance. Its words are a line of the thread; its clocks are those of its round.

    Whoever answered before, or had the grievance when nobody had answered, does not decide it: the services ask, and the
    table refuses the one who is written down here.
    """

    ticket = models.ForeignKey("grievances.Ticket", models.PROTECT, related_name="appeals", verbose_name=_("grievance"))
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    round = models.PositiveSmallIntegerField(_("round"))
    made_at = models.DateTimeField(_("made"))
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("first officer"),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"),
        max_length=8,
        choices=list(labels.APPEAL_OUTCOMES.items()),
        default=choices.AppealOutcome.WAITING,
    )

    data_categories = declare(none="id ticket number round made_at handled_by decided_by decided_at outcome")

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ("made_at", "pk")
        constraints = (
            models.UniqueConstraint(name="grievances_one_appeal_per_number", fields=("ticket", "number")),
            models.CheckConstraint(
                name="grievances_appeal_is_decided_by_another",
                condition=Q(decided_by=None) | Q(handled_by=None) | ~Q(decided_by=F("handled_by")),
                violation_error_message=_("Another officer decides the appeal: this one answered before."),
            ),
            models.CheckConstraint(
                name="grievances_appeal_outcome_has_its_time",
                condition=Q(outcome=choices.AppealOutcome.WAITING.value, decided_at=None)
                | ~Q(outcome=choices.AppealOutcome.WAITING.value) & Q(decided_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The grievance's own reference with the appeal's number: people keep one reference."""
        return f"{self.ticket.reference}-A{self.number}"
