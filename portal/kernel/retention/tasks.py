"""Tasks of retention."""

from celery import shared_task

from portal.kernel.core import actor, clock
from portal.kernel.core.errors import PortalError
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.services import nightly_run, runs, underage_reports

NIGHTLY = actor.system("portal.retention.tasks.run_retention")


class NotAllErased(PortalError):
    """The run is closed and certified; the next one tries again what failed."""

    code = "NOT_ALL_ERASED"


@shared_task(name="portal.retention.tasks.run_retention", ignore_result=True)
def run_retention() -> None:
    """The nightly pass over everything whose period may be over. Fails when something could not be erased."""
    night = nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
    failed = [run.reference for run in night.ended if run.state == RunState.FAILED]
    if failed:
        raise NotAllErased(f"{', '.join(failed)}: not everything could be erased. The steps say what failed.")


@shared_task(name="portal.retention.tasks.carry_out", ignore_result=True)
def carry_out(run_id: int) -> None:
    """Begin a plan that two people have agreed to."""
    run = ErasureRun.objects.filter(pk=run_id).first()
    if run is not None:
        runs.carry_out(run, now=clock.now(), actor=NIGHTLY)


@shared_task(name="portal.retention.tasks.carry_on", ignore_result=True)
def carry_on() -> None:
    """Go on with what a dead process left and with what waited for a notice."""
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)


@shared_task(name="portal.retention.tasks.look_at_report", ignore_result=True)
def look_at_report(number: int) -> None:
    """Find out whom a report of a child means, and freeze them where that is certain."""
    underage_reports.look(number, now=clock.now())


@shared_task(name="portal.retention.tasks.look_at_reports", ignore_result=True)
def look_at_reports() -> None:
    """The same for reports whose task was lost."""
    underage_reports.look_at_all(now=clock.now())
