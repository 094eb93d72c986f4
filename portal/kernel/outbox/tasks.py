"""Tasks of the outbox (queue ``notify``). A nudge may be lost: the sweep finds every row it would have sent."""

from celery import shared_task
from django.conf import settings

from portal.kernel.core import clock
from portal.kernel.outbox.services import delivery, parallel_delivery, reports, scheduler


@shared_task(name="portal.outbox.tasks.deliver_message", ignore_result=True)
def deliver_message(message_id: int) -> None:
    """One attempt at one message, right after it was posted. Harmless when it is not due or another worker has it."""
    delivery.deliver(message_id, now=clock.now())


@shared_task(name="portal.outbox.tasks.deliver_messages", ignore_result=True)
def deliver_messages(*message_ids: int) -> None:
    """One attempt at each of some messages, right after they were posted together. Harmless as ``deliver_message``."""
    parallel_delivery.deliver_all(message_ids, now=clock.now())


@shared_task(name="portal.outbox.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Send what is due and recover what a dead worker left."""
    scheduler.sweep(now=clock.now(), limit=settings.OUTBOX_SWEEP)


@shared_task(name="portal.outbox.tasks.sweep_numbers", ignore_result=True)
def sweep_numbers() -> None:
    """Forget the numbers of signed messages to us that no longer hold."""
    reports.sweep_numbers(now=clock.now())
