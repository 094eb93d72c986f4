"""States of a message, the moves between them, and what an attempt came to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    DUE = "due", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    STOPPED = "stopped", _("Stopped: the person may not be contacted")
    DEAD = "dead", _("Failed: needs a decision")
    CLOSED = "closed", _("Closed without sending")


# A worker may die in SENDING. Whether the message left is then unknown, and the next state says so.
MOVES: dict[str, set[str]] = {
    MessageState.DUE: {MessageState.SENDING, MessageState.STOPPED, MessageState.DEAD, MessageState.CLOSED},
    MessageState.SENDING: {MessageState.SENT, MessageState.DUE, MessageState.UNKNOWN, MessageState.DEAD},
    MessageState.UNKNOWN: {
        MessageState.SENDING,
        MessageState.STOPPED,
        MessageState.SENT,
        MessageState.DEAD,
        MessageState.CLOSED,
    },
    MessageState.SENT: set(),
    MessageState.STOPPED: set(),
    MessageState.DEAD: {MessageState.DUE, MessageState.CLOSED},
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
