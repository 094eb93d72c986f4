"""Tasks of the registers (queue ``default``). A lost one does no harm: a defect is told again at the next sending."""

from celery import shared_task

from portal.core import clock
from portal.registers.services import defects, senders


@shared_task(ignore_result=True)
def note_defect(fiduciary: int, channel: str, purpose: str, sender: int, template: int, category: str) -> None:
    """Record that purpose, header and template name different categories."""
    defects.note(
        fiduciary=fiduciary,
        channel=channel,
        purpose=purpose,
        sender=sender,
        template=template,
        category=category,
        now=clock.now(),
    )


@shared_task(ignore_result=True)
def forget_inbound() -> None:
    """Delete the times of inbound messages that open no window any more."""
    senders.forget_inbound(now=clock.now())
