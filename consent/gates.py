"""What the outbox asks before each send."""

from datetime import datetime
from uuid import UUID

from consent.services.decisions import Decision, may_contact


def send_gate(
    *, address: str, purpose: str, channel: str, at: datetime, fiduciary: str, subject_ref: UUID | None = None
) -> Decision:
    """Fills ``hooks.send_gate``."""
    return may_contact(
        address=address, purpose=purpose, channel=channel, at=at, fiduciary=fiduciary, subject_ref=subject_ref
    )
