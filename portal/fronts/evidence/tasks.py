from celery import shared_task

from portal.fronts.evidence import attestations, monthly_reports
from portal.kernel.core import clock


@shared_task(name="portal.evidence.tasks.make_reports", ignore_result=True)
def make_reports() -> int:
    """Make the reports of the month before that are missing."""
    return monthly_reports.make_reports(now=clock.now())


@shared_task(name="portal.evidence.tasks.attach_earlier", ignore_result=True)
def attach_earlier() -> int:
    """Make attachments of the files of attestations from before."""
    return attestations.attach_earlier(now=clock.now())
