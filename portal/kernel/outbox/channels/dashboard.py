"""Notices a person reads after signing in (``/privacy/messages/``): once it is sent, it is there."""

from portal.kernel.outbox.channels.protocol import Accepted, Outgoing


class DashboardChannel:
    """Nothing leaves the house: the page shows every message of this channel that the outbox has marked as sent."""

    takes_idempotency_key = True
    #: Nothing is sent, so nothing waits.
    most_at_once = 25

    def send(self, outgoing: Outgoing) -> Accepted:
        return Accepted()
