"""Words to another system about one address arrive in the order in which they were said.

A message may stand behind another (``Message.after``). It is held back while the one before it is still being tried; it
is given up when one behind it has left, for that one says all that holds now. One that failed for good holds up nobody:
that a person wants to be left alone must not wait for an old yes.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from portal.kernel.core.enqueue import enqueue
from portal.kernel.outbox.choices import FREE, LEFT, MessageState
from portal.kernel.outbox.models import Message

#: The one before may still arrive, now or at its next attempt.
UNDER_WAY = (MessageState.DUE, MessageState.SENDING, MessageState.UNKNOWN)
WAITS = "WAITS_ITS_TURN"
#: A pause behind the attempt that is waited for, so that its outcome stands when we look again.
BEHIND = timedelta(seconds=1)


def overtaken(message: Message) -> bool:
    """Whether a later word of the same line has left already. One that never left, or was given up, does not count."""
    later = Message.objects.filter(after=message).first()
    while later is not None:
        if later.state in LEFT:
            return True
        later = Message.objects.filter(after=later).first()
    return False


def hold_back(message: Message, *, now: datetime) -> bool:
    """Put a claimed message back while the one before it is under way, at no cost of attempts. False: it is its turn."""
    before = message.after
    if before is None or before.state not in UNDER_WAY:
        return False
    first = timedelta(seconds=settings.OUTBOX_FIRST_WAIT_SECONDS)
    next_look = max(before.next_attempt_at or now + first, now) + BEHIND
    Message.objects.filter(pk=message.pk, lease_token=message.lease_token).update(
        next_attempt_at=next_look, reason=WAITS, attempts_allowed=F("attempts_allowed") + 1, **FREE
    )
    return True


def call_next(message: Message, *, now: datetime) -> None:
    """The message has left: let the one behind it go at once. In the caller's transaction."""
    behind = Message.objects.filter(after=message, state=MessageState.DUE)
    if behind.update(next_attempt_at=now):
        enqueue("portal.outbox.tasks.deliver_message", behind.values_list("pk", flat=True).get())
