"""Tasks of retention."""

from celery import shared_task

from portal.core import actor, clock
from portal.core.errors import PortalError
from portal.retention.services import runs
from portal.retention.states import RunState

NIGHTLY = actor.system("portal.retention.tasks.run_retention")


class NotAllErased(PortalError):
    """The run is closed and certified; the next one tries again what failed."""

    code = "NOT_ALL_ERASED"


@shared_task(ignore_result=True)
def run_retention() -> None:
    """The nightly pass over everything whose period may be over. Fails when something could not be erased."""
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    if done.state == RunState.FAILED:
        raise NotAllErased(f"{done.reference}: not everything could be erased. Its steps say what failed.")
