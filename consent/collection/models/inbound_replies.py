"""What people wrote or pressed in answer to a message: what it meant and what followed, never the words or the number.

The keyed hash of the number stays, as of every address that was stopped: staff find what was written from it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.collection.rules.keywords import Effect
from consent.records.models.events import ConsentReceipt
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import channel_choices

EFFECTS = (
    (Effect.STOP, _("Stopped")),
    (Effect.STOP_AND_GRIEVANCE, _("Stopped, and a grievance was filed")),
    (Effect.START, _("Asked for messages: was sent the question")),
    (Effect.GRIEVANCE, _("A grievance was filed")),
    (Effect.NOTHING, _("No word that we know")),
)


class InboundMessage(AppendOnlyModel):
    """One message, key press or missed call, taken once however often the gateway tells it."""

    #: SHA-256 of the channel and the gateway's own name of the message.
    key = models.CharField(_("message"), max_length=64, unique=True)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices)
    address_key = models.BinaryField(_("lookup hash of the number"), max_length=33, default=b"", editable=False)
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    header = models.CharField(_("header, number or code"), max_length=80, blank=True)
    effect = models.CharField(_("what followed"), max_length=20, choices=EFFECTS)
    keyword = models.CharField(_("word that was meant"), max_length=24, blank=True)
    language = models.CharField(_("language"), max_length=12)
    is_known = models.BooleanField(_("of a person we know"))
    receipt = models.ForeignKey(
        ConsentReceipt, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("receipt")
    )
    grievance = models.CharField(_("grievance"), max_length=16, blank=True)
    said_at = models.DateTimeField(_("when"))
    received_at = models.DateTimeField(_("received"))

    record = Record(name=_("Inbound replies"), place=Place.tab("consent", 20), day="received_at")
    data_categories = declare(
        none="id key channel address_key fiduciary header effect keyword language is_known receipt grievance said_at "
        "received_at"
    )

    class Meta:
        verbose_name = _("inbound message")
        verbose_name_plural = _("inbound messages")
        ordering = ("-id",)
        indexes = (
            # Staff search by a number.
            models.Index(fields=("address_key",), name="consent_inbound_key"),
            # Their list, the latest first: gateways tell late and out of order.
            models.Index(fields=("-said_at", "-id"), name="consent_inbound_when"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.effect}"
