"""Addresses at which messages of a channel do not arrive, or are not wanted."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import channel_choices
from portal.kernel.outbox.choices import FaultReason
from portal.kernel.outbox.models.message import Message


class AddressFault(models.Model):
    """A hard bounce of an address on a channel, or a complaint from there. Stays until the address is confirmed again.

    Found by the address's keyed hash, so that it counts for every message to it, whoever it is for.
    """

    record = Record(name=_("Bounced addresses"), place=Place.tab("messages", 30), day="noted_at")
    data_categories = declare(none="id subject_ref channel reason code message noted_at", contact="address_key")

    subject_ref = models.UUIDField(_("subject"), db_index=True)
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33, editable=False)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices)
    reason = models.CharField(_("reason"), max_length=12, choices=FaultReason.choices)
    code = models.CharField(_("code"), max_length=40, blank=True)
    message = models.ForeignKey(Message, models.PROTECT, related_name="+", verbose_name=_("message"))
    noted_at = models.DateTimeField(_("noted"))

    class Meta:
        verbose_name = _("address that does not work")
        verbose_name_plural = _("addresses that do not work")
        ordering = ("-noted_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("address_key", "channel", "reason", "message"), name="outbox_fault_is_noted_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_reason_display()}"
