"""The closed lists of broadcasts. Their words are for staff."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BroadcastState(TextChoices):
    """Where a broadcast stands."""

    PROPOSED = "proposed", _("Waits for a second person")
    REFUSED = "refused", _("Refused")
    SENDING = "sending", _("Under way")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")
    DONE = "done", _("Done")


BROADCAST_MOVES: dict[str, set[str]] = {
    BroadcastState.PROPOSED: {BroadcastState.SENDING, BroadcastState.REFUSED},
    BroadcastState.REFUSED: set(),
    BroadcastState.SENDING: {BroadcastState.PAUSED, BroadcastState.CANCELLED, BroadcastState.DONE},
    BroadcastState.PAUSED: {BroadcastState.SENDING, BroadcastState.CANCELLED},
    BroadcastState.CANCELLED: set(),
    BroadcastState.DONE: set(),
}


class Audience(TextChoices):
    """Whom a broadcast is for, before its other filters."""

    EVERYBODY = "everybody", _("Everyone we know")
    WITH_LOGIN = "with_login", _("People who can sign in")
    MEMBERS = "members", _("Members of customers")


class BroadcastOutcome(TextChoices):
    """What became of a broadcast for one person. Each person of the segment stands in one of these."""

    WAITING = "waiting", _("Still to be sent")
    SENT = "sent", _("Sent, nothing reported yet")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    BLOCKED = "blocked", _("Blocked: may not be contacted")
    CANCELLED = "cancelled", _("Cancelled before it was sent")
