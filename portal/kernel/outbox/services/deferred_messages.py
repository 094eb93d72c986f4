"""Messages that wait for a later time are tried now: what they waited for has changed."""

from datetime import datetime

from django.db.models import QuerySet

from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.delivery import WAITING


def wake(messages: QuerySet[Message], *, now: datetime) -> int:
    """Make those of the messages that wait due at ``now``, in the caller's transaction; the sweep takes them. How many."""
    return messages.filter(state__in=WAITING, next_attempt_at__gt=now).update(next_attempt_at=now)
