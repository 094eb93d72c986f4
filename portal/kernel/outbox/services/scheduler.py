"""What beat does: send what is due, and find out what became of messages whose worker died."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog
from django.db.models import Q

from portal.kernel.core.errors import Unavailable
from portal.kernel.law.request_cache import remembering
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.choices import LEFT, MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, parallel_delivery

log = structlog.get_logger(__name__)


@dataclass
class Swept:
    """Counts of one sweep."""

    sent: int = 0
    not_sent: int = 0
    recovered: int = 0


def sweep(*, now: datetime, limit: int) -> Swept:
    """Recover abandoned messages, then make one attempt at each message that is due, at most ``limit``, oldest first."""
    swept = Swept(recovered=recover(now=now, limit=limit))
    with remembering():
        states = parallel_delivery.deliver_all(due(now=now, limit=limit), now=now)
    swept.sent = sum(state in LEFT for state in states)
    swept.not_sent = len(states) - swept.sent
    return swept


def due(*, now: datetime, limit: int) -> list[int]:
    """Messages that wait and that no living worker holds, oldest first."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    waiting = Message.objects.filter(free, state__in=delivery.WAITING, next_attempt_at__lte=now)
    return list(waiting.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:limit])


def recover(*, now: datetime, limit: int) -> int:
    """Take over messages whose worker died while the channel had them, and record that the outcome is unknown.

    One that cannot be recorded is tried again when its new lease has run out; it holds up no other.
    """
    abandoned = Message.objects.filter(state=MessageState.SENDING, leased_until__lt=now)
    count = 0
    for pk in list(abandoned.order_by("leased_until").values_list("pk", flat=True)[:limit]):
        token = uuid4()
        taken = abandoned.filter(pk=pk).update(lease_token=token, leased_until=now + delivery.lease())
        if taken:
            message = Message.objects.get(pk=pk, lease_token=token)
            try:
                delivery.unknown(message, code="WORKER_DIED", takes_idempotency_key=_takes_key(message.channel))
            except Exception as crash:  # noqa: BLE001 - whatever broke, those behind it are owed their attempt
                # No traceback: it may quote the message.
                log.error("outbox.recovery_crashed", message=message.reference, error=type(crash).__name__)  # noqa: TRY400
            else:
                count += 1
    return count


def _takes_key(name: str) -> bool:
    try:
        return registry.channel(name).takes_idempotency_key
    except Unavailable:  # the channel was taken out of the settings meanwhile: assume the worse
        return False
