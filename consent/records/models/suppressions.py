"""Addresses at which promotion was stopped: keyed hashes that outlive the person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Way
from consent.records.models.events import ConsentEvent, ConsentReceipt
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import channel_choices


class Suppression(AppendOnlyModel):
    """Promotion of one fiduciary is not wanted at an address, whoever holds it: by a STOP, or by a no that outlives its person.

    An empty purpose, channel or header stands for all of them. A yes that is given later counts again for its own
    purpose and channel (``consent.base.rules.contact.stands``); nothing else ends a suppression but the undo of the stop that
    made it. Found under every lookup key that was ever in use. Holds no reference to a person.
    """

    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    address_kind = models.CharField(_("kind of address"), max_length=8)
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    purpose = models.CharField(_("purpose"), max_length=40, blank=True)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices, blank=True)
    header = models.CharField(_("header, number or code"), max_length=80, blank=True)
    way = models.CharField(_("way"), max_length=16, choices=Way.choices)
    receipt = models.ForeignKey(ConsentReceipt, models.PROTECT, related_name="suppressions", verbose_name=_("receipt"))
    event = models.ForeignKey(
        ConsentEvent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("choice it came with")
    )
    entry = models.ForeignKey("ledger.Entry", models.PROTECT, related_name="+", verbose_name=_("ledger entry"))
    #: When the person stopped it, by their own time: a yes counts from then on only.
    suppressed_at = models.DateTimeField(_("stopped"))
    recorded_at = models.DateTimeField(_("recorded"))

    record = Record(name=_("Suppressions"), place=Place.entry("consent"), day="recorded_at")
    data_categories = declare(
        none="id fiduciary address_kind address_key purpose channel header way receipt event entry suppressed_at "
        "recorded_at"
    )

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="consent_suppression_header_has_a_channel", condition=Q(header="") | ~Q(channel="")
            ),
        )
        # A decision asks it with the address's state, in one statement.
        indexes = (
            models.Index(fields=("address_key", "fiduciary"), name="consent_suppression_key"),
            # The staff's list, the latest stop first: a list from elsewhere brings old ones late.
            models.Index(fields=("-suppressed_at", "-id"), name="consent_suppression_when"),
        )

    @staticmethod
    def covering(*, purpose: str = "", channel: str = "", header: str | None = None) -> Q:
        """The rows in force that cover a purpose, a channel and a sender: those of it, and those of all.

        Empty asks for those of all alone. ``header`` None where nobody knows who sends: those of every sender.
        """
        rows = Q(purpose__in={"", purpose}, channel__in={"", channel}, lift=None)
        return rows if header is None else rows & Q(header__in={"", header})

    def covers(self, *, purpose: str, channel: str, header: str | None = None) -> bool:
        """The same of a row at hand, whether it is in force or not."""
        return (
            self.purpose in {"", purpose}
            and self.channel in {"", channel}
            and (header is None or self.header in {"", header})
        )

    def __str__(self) -> str:
        return f"{self.address_key.hex()[:10] if self.address_key else ''} {self.channel}"


class SuppressionLift(AppendOnlyModel):
    """The stop that made a suppression was taken back in time, by the act with this receipt."""

    suppression = models.OneToOneField(
        Suppression, models.PROTECT, related_name="lift", verbose_name=_("suppressed address")
    )
    receipt = models.ForeignKey(ConsentReceipt, models.PROTECT, related_name="+", verbose_name=_("receipt"))
    lifted_at = models.DateTimeField(_("lifted"))

    data_categories = declare(none="id suppression receipt lifted_at")

    class Meta:
        verbose_name = _("lifted suppression")
        verbose_name_plural = _("lifted suppressions")

    def __str__(self) -> str:
        return str(self.suppression_id)
