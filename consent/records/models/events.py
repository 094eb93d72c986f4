"""What people answered: one row for each answer, appended, each its own leaf of the ledger."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeVersion
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import Channel, channel_choices


class ConsentReceipt(AppendOnlyModel):
    """The number a person keeps. One act on a page may change several answers: they share it."""

    reference = models.CharField(_("receipt"), max_length=20, unique=True)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    made_at = models.DateTimeField(_("made"))

    record = Record(prefix="CR", is_work=True)
    data_categories = declare(none="id reference subject_ref made_at")

    class Meta:
        verbose_name = _("consent receipt")
        verbose_name_plural = _("consent receipts")

    def __str__(self) -> str:
        return self.reference


class ConsentEvent(AppendOnlyModel):
    """One answer about one fiduciary, address, purpose and channel.

    Holds references, codes, hashes and times only: the address itself is a contact point, found by its keyed hash.
    ``previous`` chains the events of one fiduciary, address, purpose and channel in the order in which they were
    recorded, so that a withdrawal left out of an export shows. With a ``sender`` (header, number or code, as registered) the
    answer is about that one alone, in a chain of its own; empty means all senders of the fiduciary. A purpose without messages has the channel "none" and
    the keyed hash of the subject's reference for an address.
    """

    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="consent", verbose_name=_("ledger entry"))
    receipt = models.ForeignKey(ConsentReceipt, models.PROTECT, related_name="events", verbose_name=_("receipt"))
    subject_ref = models.UUIDField(_("subject"))
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    address_kind = models.CharField(_("kind of address"), max_length=8)
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    address_verified = models.BooleanField(_("address was confirmed"))
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices)
    sender = models.CharField(_("sender"), max_length=80, blank=True, default="", db_default="")
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices)
    notice_version = models.ForeignKey(
        NoticeVersion, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("notice shown")
    )
    notice_language = models.CharField(_("language of the notice"), max_length=12, blank=True)
    notice_sha256 = models.CharField(_("SHA-256 of the notice"), max_length=64, blank=True)
    way = models.CharField(_("way"), max_length=16, choices=Way.choices)
    actor_kind = models.CharField(_("who"), max_length=16)
    actor_ref = models.CharField(_("reference of who"), max_length=40, blank=True)
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="next", verbose_name=_("earlier choice")
    )
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)

    record = Record(name=_("Consent events"), place=Place.tab("consent", 40), day="recorded_at")
    data_categories = declare(
        none="id entry receipt subject_ref fiduciary address_kind address_key address_verified purpose channel sender answer "
        "notice_version notice_language notice_sha256 way actor_kind actor_ref previous occurred_at recorded_at expires_at"
    )
    #: What a count calls the rows: the plural below is the name of the book.
    counted_as = (_("consent event"), _("consent events"))

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent ledger")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="consent_one_first_event",
                fields=("fiduciary", "address_key", "purpose", "channel", "sender"),
                condition=Q(previous=None),
            ),
        )
        indexes = (
            # Folding one address's answers, and rebuilding the projection.
            models.Index(fields=("address_key", "purpose", "channel", "fiduciary"), name="consent_event_key"),
            # A decision asks whether anything was answered at an address about one sender.
            models.Index(fields=("address_key", "fiduciary"), name="consent_event_sender", condition=Q(sender__gt="")),
            # One person's history, newest first.
            models.Index(fields=("subject_ref", "-id"), name="consent_event_subject"),
        )

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.purpose} {self.channel} {self.answer}"

    @property
    def channel_label(self) -> str:
        """The channel in the reader's language, with the sender where the answer is about one alone."""
        label = str(Channel(self.channel).label)
        return f"{label} ({self.sender})" if self.sender else label
