from celery import shared_task

from portal.core import clock
from portal.workplace import watching


@shared_task(ignore_result=True)
def pulse(queue: str) -> None:
    """A worker of the queue lives."""
    watching.beat(queue, now=clock.now())


@shared_task(ignore_result=True)
def watch_health() -> int:
    """Tell of each check that turned bad or well again."""
    return watching.watch(now=clock.now())
