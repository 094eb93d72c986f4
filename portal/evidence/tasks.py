from celery import shared_task

from portal.core import clock
from portal.evidence import monthly


@shared_task(ignore_result=True)
def make_reports() -> int:
    """Make the reports of the month before that are missing."""
    return monthly.make_reports(now=clock.now())
