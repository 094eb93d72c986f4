"""What a system outside has to do for a request: a person does it there and says here how it went."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base import external_task_labels, request_choices
from grievances.base.models.requests import RightsRequest
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record


class OutsideTask(models.Model):
    """One step of one request in one system that does not hear of it by itself. Its clock is law's (``owner``)."""

    request = models.ForeignKey(RightsRequest, models.PROTECT, related_name="outside_tasks", verbose_name=_("request"))
    number = models.PositiveSmallIntegerField(_("number"))
    #: A name of a system or of a recipient, never of a person.
    system = models.CharField(_("system or recipient"), max_length=120)
    work = models.CharField(
        _("what to do there"), max_length=8, choices=list(external_task_labels.OUTSIDE_WORK.items())
    )
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=list(external_task_labels.OUTSIDE_STATES.items()),
        default=request_choices.OutsideState.OPEN,
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    #: What exactly, the last error and the evidence, sealed under the ticket's subject.
    words_sealed = models.BinaryField(_("words"), default=bytes, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    made_at = models.DateTimeField(_("added"))
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    #: What the label of its clock begins with.
    OWNER = "grievances.outsidetask:"

    record = Record(name=_("External tasks"), place=Place.tab("requests", 30), day="made_at")
    data_categories = declare(
        none="id request number system work state tries made_by made_at ended_by ended_at", free_text="words_sealed"
    )

    class Meta:
        verbose_name = _("task for a system outside")
        verbose_name_plural = _("tasks for systems outside")
        ordering = ("request", "number")
        constraints = (
            models.UniqueConstraint(name="grievances_tasks_are_numbered", fields=("request", "number")),
            models.CheckConstraint(
                name="grievances_an_ended_task_says_when",
                condition=Q(
                    state__in=[request_choices.OutsideState.DONE.value, request_choices.OutsideState.LEFT.value]
                )
                & Q(ended_at__isnull=False)
                | Q(
                    state__in=[request_choices.OutsideState.OPEN.value, request_choices.OutsideState.FAILED.value],
                    ended_at=None,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.request} {self.number}"

    @property
    def owner(self) -> str:
        """The label of its clock."""
        return f"{self.OWNER}{self.request.ticket.reference}/{self.number}"
