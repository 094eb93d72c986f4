"""What happened to a message: one row for each fact, appended."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Record
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.models.message import Message


class Delivery(AppendOnlyModel):
    """One fact of one attempt. A "started" without a later fact of the same attempt is an attempt of unknown outcome."""

    record = Record(day="happened_at")
    data_categories = declare(none="id message attempt outcome code provider_reference happened_at")

    message = models.ForeignKey(Message, models.PROTECT, related_name="deliveries")
    attempt = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    code = models.CharField(
        max_length=40, blank=True, help_text=_("A short code, never a text of the receiving party.")
    )
    provider_reference = models.CharField(max_length=80, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("message", "attempt", "outcome"), name="outbox_delivery_fact_is_stated_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.message_id}/{self.attempt}: {self.outcome}"
