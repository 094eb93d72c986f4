from celery import shared_task

from portal.fronts.workplace import digests, health_monitor
from portal.kernel.core import clock


@shared_task(name="portal.workplace.tasks.pulse", ignore_result=True)
def pulse(queue: str) -> None:
    """A worker of the queue lives."""
    health_monitor.beat(queue, now=clock.now())


@shared_task(name="portal.workplace.tasks.watch_health", ignore_result=True)
def watch_health() -> int:
    """Tell of each check that turned bad or well again."""
    return health_monitor.watch(now=clock.now())


@shared_task(name="portal.workplace.tasks.send_digests", ignore_result=True)
def send_digests() -> int:
    """Beat, in the morning: to each member of staff what waits for them."""
    return digests.send(now=clock.now())
