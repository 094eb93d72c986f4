"""How many messages a person got of late, for those who want no more than so many."""

from datetime import datetime, timedelta
from uuid import UUID

from portal.law.states import MessageCategory
from portal.outbox.models import Message

COUNTED = (MessageCategory.PROMOTIONAL, MessageCategory.SERVICE)


def sent_since(*, keys: tuple[bytes, ...], subject_ref: UUID | None, days: int, at: datetime) -> int:
    """Promotional and service messages sent to the person, on every channel, in the ``days`` before ``at``."""
    sent = Message.objects.filter(category__in=COUNTED, sent_at__gt=at - timedelta(days=days), sent_at__lte=at)
    if subject_ref is not None:
        return sent.filter(subject_ref=subject_ref).count()
    return sent.filter(destination__address_key__in=keys).count()
