"""Tasks of the jobs room (queue ``bulk``)."""

from celery import shared_task

from portal.kernel.core import clock
from portal.kernel.jobs.services import imports, runner

SWEEP = 100


@shared_task(name="portal.jobs.tasks.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    """Do one job. Harmless when it has ended, was cancelled, or another worker has it."""
    runner.run(job_id, now=clock.now())


@shared_task(name="portal.jobs.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Find jobs whose worker died and jobs whose nudge was lost; end files that were brought and have had their time."""
    runner.sweep(now=clock.now(), limit=SWEEP)
    imports.expire(now=clock.now(), limit=SWEEP)
