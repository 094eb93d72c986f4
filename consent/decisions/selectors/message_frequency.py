"""How many messages a person got of late, for those who want no more than so many."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from portal.kernel.law.choices import MessageCategory
from portal.kernel.outbox.models import Message

COUNTED = (MessageCategory.PROMOTIONAL, MessageCategory.SERVICE)


def sent_since(*, refs: Iterable[UUID], days: int, at: datetime) -> int:
    """Promotional and service messages sent to the person, on every channel, in the ``days`` before ``at``.

    ``refs`` are all references of the person.
    """
    return _sent(refs, days, at).count()


def sent_to_each(*, refs: Iterable[UUID], days: int, at: datetime) -> dict[UUID, int]:
    """The same for many people in one statement: how many were sent to each reference."""
    counted = _sent(refs, days, at).order_by().values_list("subject_ref").annotate(count=Count("pk"))
    return dict(counted)


def _sent(refs: Iterable[UUID], days: int, at: datetime) -> QuerySet[Message]:
    sent = Message.objects.filter(category__in=COUNTED, sent_at__gt=at - timedelta(days=days), sent_at__lte=at)
    return sent.filter(subject_ref__in=list(refs))
