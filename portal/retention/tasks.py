"""Tasks of retention."""

from celery import shared_task

from portal.core import actor, clock
from portal.retention.services import runs

NIGHTLY = actor.system("portal.retention.tasks.run_retention")


@shared_task(ignore_result=True)
def run_retention() -> None:
    """The nightly pass over everything whose period may be over."""
    runs.run(now=clock.now(), actor=NIGHTLY)
