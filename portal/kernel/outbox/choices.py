"""States of a message, the moves between them, and what an attempt came to."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.law.channels import ADDRESS_KIND, DESCRIPTIONS
from portal.kernel.law.choices import MESSAGE_CHANNELS, channel_choices

#: Channels that need no address: the person finds the message after signing in, or in a browser of theirs.
WITHOUT_ADDRESS = frozenset(MESSAGE_CHANNELS) - set(ADDRESS_KIND)
#: Another system is told something about a person. No way of reaching people, so nobody consents to it or switches it off.
WEBHOOK = "webhook"
SHORT = frozenset(code for code, channel in DESCRIPTIONS.items() if channel.is_short)


def message_channels() -> list[tuple[str, Any]]:
    """What a message's channel may be: that of a person, or a webhook to another system."""
    return [*channel_choices(), (WEBHOOK, _("Webhook"))]


class MessageState(models.TextChoices):
    DUE = "due", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    STOPPED = "stopped", _("Stopped: the person may not be contacted")
    DEAD = "dead", _("Failed: needs a decision")
    CLOSED = "closed", _("Closed without sending")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    UNDELIVERED = "undelivered", _("Sent, but not delivered")


#: What a message without a worker holds.
FREE: dict[str, Any] = {"leased_until": None, "lease_token": None}
#: The message is with the person, as far as anybody can tell.
ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
#: The message left us; what became of it may be known too.
LEFT = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ, MessageState.UNDELIVERED)


# A worker may die in SENDING. Whether the message left is then unknown, and the next state says so.
MOVES: dict[str, set[str]] = {
    # DUE and DEAD to SENT: a report says that an attempt we knew nothing of arrived after all.
    MessageState.DUE: {
        MessageState.SENDING,
        MessageState.SENT,
        MessageState.STOPPED,
        MessageState.DEAD,
        MessageState.CLOSED,
    },
    MessageState.SENDING: {
        MessageState.SENT,
        MessageState.DUE,
        MessageState.UNKNOWN,
        MessageState.DEAD,
        MessageState.CLOSED,
    },
    MessageState.UNKNOWN: {
        MessageState.SENDING,
        MessageState.STOPPED,
        MessageState.SENT,
        MessageState.DEAD,
        MessageState.CLOSED,
    },
    MessageState.SENT: {MessageState.DELIVERED, MessageState.READ, MessageState.UNDELIVERED},
    MessageState.DELIVERED: {MessageState.READ, MessageState.UNDELIVERED},
    MessageState.UNDELIVERED: {MessageState.DELIVERED, MessageState.READ},
    MessageState.READ: set(),
    MessageState.STOPPED: set(),
    MessageState.DEAD: {MessageState.DUE, MessageState.SENT, MessageState.CLOSED},
    MessageState.CLOSED: set(),
}


class Outcome(models.TextChoices):
    """What happened to a message at one moment. Facts: appended, never changed."""

    STARTED = "started", _("Handed to the channel")
    ACCEPTED = "accepted", _("Accepted by the channel")
    PUT_OFF = "put_off", _("Refused for now: will be tried again")
    REFUSED = "refused", _("Refused for good")
    UNKNOWN = "unknown", _("Outcome unknown")
    STOPPED = "stopped", _("Not sent: the person may not be contacted")
    POSTPONED = "postponed", _("Not sent yet: outside the hours in which it may be sent")
    MOVED = "moved", _("Goes by another channel")
    # What a delivery report says.
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    UNDELIVERED = "undelivered", _("Not delivered")
    BOUNCED = "bounced", _("Not delivered: address not found")
    COMPLAINED = "complained", _("The recipient complained")


REPORTED = (Outcome.DELIVERED, Outcome.READ, Outcome.UNDELIVERED, Outcome.BOUNCED, Outcome.COMPLAINED)


class FaultReason(models.TextChoices):
    """Why an address is not used on a channel while there is another."""

    BOUNCED = "bounced", _("Address not found")
    COMPLAINED = "complained", _("The recipient complained")
