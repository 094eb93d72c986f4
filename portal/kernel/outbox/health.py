"""Is the outbox keeping up? For ``/readyz``: counts and ages only."""

from django.conf import settings

from portal.kernel.core import clock, read_only
from portal.kernel.outbox.models import Message


def readiness() -> tuple[str, bool, str]:
    """Not ready when a message has waited past its time for longer than OUTBOX_LAG_SECONDS: nobody sends.

    While the portal is read-only nothing is to be sent: the lag is told, and takes no page that reads out of service.
    """
    now = clock.now()
    oldest = (
        Message.objects.filter(next_attempt_at__lt=now)
        .order_by("next_attempt_at")
        .values_list("next_attempt_at", flat=True)
        .first()
    )
    lag = int((now - oldest).total_seconds()) if oldest is not None else 0
    return "outbox", lag <= settings.OUTBOX_LAG_SECONDS or read_only.is_on(), f"{lag} s behind"
