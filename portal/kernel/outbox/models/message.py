"""A message: what is promised to whom, where it stands. Its words and its address lie in rows that can be erased."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.law.choices import MessageCategory
from portal.kernel.outbox.choices import LEFT, MessageState, message_channels


class Message(models.Model):
    """One message to one person on one channel, without anything personal: it may be kept as evidence for ever."""

    record = Record(name=_("Messages"), place=Place.entry("messages"), day="created_at", prefix="MS", is_work=True)
    data_categories = declare(
        none="id reference kind subject_ref fiduciary channel language purpose category category_is_disputed about "
        "template_sha256 template_language state reason unknown_outcomes message_id idempotency_key attempts "
        "attempts_allowed next_attempt_at leased_until lease_token created_at sent_at seen_at only_here instead_of after",
    )
    register_days = RegisterDays(entered="created_at", changed=("sent_at",))

    reference = models.CharField(max_length=20, unique=True, editable=False)
    kind = models.CharField(max_length=64, help_text=_("Which event it reports, and so which template."))
    subject_ref = models.UUIDField(help_text=_("The subject it is for: an opaque reference."))
    fiduciary = models.CharField(max_length=32)
    channel = models.CharField(max_length=16, choices=message_channels)
    language = models.CharField(max_length=16, help_text=_("The language asked for."))
    purpose = models.CharField(max_length=64)
    category = models.CharField(max_length=24, choices=MessageCategory.choices)
    category_is_disputed = models.BooleanField(
        default=False, help_text=_("The template named another category than the purpose; the strictest counts.")
    )
    about = models.CharField(max_length=80, help_text=_("What it is about: a label and a reference, never a name."))
    template_sha256 = models.CharField(max_length=64)
    template_language = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=MessageState.choices, default=MessageState.DUE)
    reason = models.CharField(max_length=40, blank=True, help_text=_("The code of the last thing that went wrong."))
    unknown_outcomes = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=120, unique=True, help_text=_("Message-ID of an email; never changes."))
    idempotency_key = models.UUIDField(default=uuid4, unique=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_allowed = models.PositiveSmallIntegerField()
    next_attempt_at = models.DateTimeField(null=True, help_text=_("Empty: nothing more is planned."))
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text=_("When the person first opened it in the dashboard."))
    only_here = models.BooleanField(
        default=False, help_text=_("It proves the address or was asked for there: no other channel may carry it.")
    )
    instead_of = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="moved_to", help_text=_("The message that it replaces.")
    )
    after = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="followed_by",
        help_text=_("The message that has to leave before this one."),
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject_ref", "channel", "about"), name="outbox_message_is_posted_once"
            ),
            models.CheckConstraint(
                name="outbox_message_sent_has_a_time",
                condition=~Q(state__in=LEFT) | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="outbox_message_lease_has_a_token",
                condition=Q(leased_until=None, lease_token=None)
                | Q(leased_until__isnull=False, lease_token__isnull=False),
            ),
        )
        indexes = (
            # The sweep: what is due, oldest first.
            models.Index(
                fields=("next_attempt_at",), name="outbox_message_due", condition=Q(next_attempt_at__isnull=False)
            ),
            # The sweep: whose worker died.
            models.Index(
                fields=("leased_until",), name="outbox_message_leased", condition=Q(leased_until__isnull=False)
            ),
            models.Index(fields=("subject_ref", "channel", "state"), name="outbox_message_of_subject"),
            # What left since the last comparison with withdrawals.
            models.Index(fields=("sent_at",), name="outbox_message_sent", condition=Q(sent_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def outcome_is_unknown(self) -> bool:
        """Whether some attempt may have arrived without our knowing: stays true when a later one was accepted."""
        return self.unknown_outcomes > 0


class MessageBody(models.Model):
    """The text as sent, encrypted under the subject's key of class "message": erasing the row or the key ends it."""

    data_categories = declare(none="message created_at", message_content="sealed")

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="text")
    sealed = models.BinaryField(help_text=_("Subject line and body, sealed."))
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message text")
        verbose_name_plural = _("message texts")

    def __str__(self) -> str:
        return f"text of {self.message_id}"


class DeliveryAddress(models.Model):
    """Where a message goes: encrypted, with a keyed hash to find it by and a mask to show."""

    data_categories = declare(none="message created_at", contact="sealed address_key masked")

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="destination")
    sealed = models.BinaryField()
    address_key = models.BinaryField(max_length=33, db_index=True)
    masked = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("delivery address")
        verbose_name_plural = _("delivery addresses")

    def __str__(self) -> str:
        return f"address of {self.message_id}"
