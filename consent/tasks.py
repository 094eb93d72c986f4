from celery import shared_task

from consent.services import ending
from portal.core import clock


@shared_task(ignore_result=True)
def end_what_is_over() -> None:
    """Beat: record the end of consents whose agreed time is over."""
    ending.end_what_is_over(now=clock.now())
