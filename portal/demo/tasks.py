"""What a gateway outside would do some seconds later."""

from uuid import uuid4

from celery import shared_task

from portal.demo.story import recipients
from portal.kernel.core import clock
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.services import reports
from portal.kernel.outbox.services.reports import Report
from portal.kernel.registers.recipients.models.instructions import Instruction


@shared_task(ignore_result=True)
def report_delivered(reference: str) -> None:
    reports.take(webhook_id=f"demo-{uuid4()}", reports=[Report(reference, Outcome.DELIVERED)], now=clock.now())


@shared_task(ignore_result=True)
def recipient_answers(reference: str) -> None:
    """What a recipient's system would post some seconds after it was told."""
    given = Instruction.objects.select_related("recipient", "fiduciary").filter(telling__message__reference=reference)
    recipients.confirm(given)
