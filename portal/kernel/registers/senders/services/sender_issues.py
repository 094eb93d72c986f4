"""What disagreed when a sending was asked for: one row for each trio of purpose, header and template."""

import threading
import time
from datetime import datetime
from typing import Final

from portal.kernel.core.enqueue import enqueue
from portal.kernel.registers.senders.models.templates import SenderDefect

#: A process tells of the same trio at most this often: the decision must not wait for a write.
TOLD_EVERY_SECONDS: Final = 60.0
MOST_REMEMBERED: Final = 10_000

_told: dict[tuple[int, str, str, int, int, str], float] = {}
_lock = threading.Lock()


def tell(*, fiduciary: int, channel: str, purpose: str, sender: int, template: int, category: str) -> None:
    """Have the defect recorded by a task. Called on the path of a decision: cheap, and silent when told lately."""
    trio = (fiduciary, channel, purpose, sender, template, category)
    now = time.monotonic()
    with _lock:
        if now - _told.get(trio, -TOLD_EVERY_SECONDS) < TOLD_EVERY_SECONDS:
            return
        if len(_told) >= MOST_REMEMBERED:
            _told.clear()
        _told[trio] = now
    enqueue("portal.registers.tasks.note_defect", *trio)


def note(
    *, fiduciary: int, channel: str, purpose: str, sender: int, template: int, category: str, now: datetime
) -> None:
    """Insert the defect, or move on when it was last seen; safe to repeat."""
    key = f"{fiduciary}/{channel}/{purpose}/{sender}/{template}/{category}"
    SenderDefect.objects.update_or_create(
        key=key,
        defaults={"last_at": now},
        create_defaults={
            "fiduciary_id": fiduciary,
            "channel": channel,
            "purpose": purpose,
            "sender_id": sender or None,
            "template_id": template or None,
            "category": category,
            "first_at": now,
            "last_at": now,
        },
    )


def forget() -> None:
    """Tell of every trio anew, in this process."""
    with _lock:
        _told.clear()
