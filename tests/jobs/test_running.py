from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.jobs import services
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from tests.jobs.factories import JobFactory, kind_that

pytestmark = pytest.mark.django_db


def run(job: Job) -> JobState | None:
    state = runner.run(job.pk, now=clock.now())
    job.refresh_from_db()
    return state


def dead(**changes: object) -> Job:
    """A job whose worker has been silent for longer than its lease."""
    past = clock.now() - timedelta(seconds=1)
    values: dict[str, object] = {"state": JobState.RUNNING, "attempts": 1, "leased_until": past, "lease_token": uuid4()}
    job: Job = JobFactory(**{**values, **changes})
    return job


def test_a_job_that_ends_is_done_and_free() -> None:
    job = JobFactory()
    with kind_that(lambda handle: handle.progress(3, 3)):
        assert run(job) == JobState.DONE
    assert (job.done, job.total, job.leased_until, job.lease_token) == (3, 3, None, None)
    assert AuditEvent.objects.get().kind == "jobs.job.finished"


def test_of_two_workers_one_does_the_job() -> None:
    job, runs = JobFactory(), []

    def work(handle: Handle) -> None:
        runs.append(runner.run(job.pk, now=clock.now()))

    with kind_that(work):
        run(job)
    assert runs == [None]


def test_a_cancelled_job_stops_at_its_next_step() -> None:
    job, steps = JobFactory(), []

    def work(handle: Handle) -> None:
        for step in range(1, 4):
            handle.raise_if_cancelled()
            steps.append(step)
            services.cancel(Job.objects.get(pk=job.pk), actor.staff(7))

    with kind_that(work):
        assert run(job) == JobState.CANCELLED
    assert steps == [1]


def test_a_refusal_fails_the_job_with_its_code() -> None:
    def work(handle: Handle) -> None:
        raise Refused("The period has not ended.", code="PERIOD_OPEN")

    job = JobFactory()
    with kind_that(work):
        assert run(job) == JobState.FAILED
    assert job.failure_code == "PERIOD_OPEN"


def test_a_crash_fails_the_job_and_keeps_the_error_text_out_of_the_row() -> None:
    def work(handle: Handle) -> None:
        raise ValueError("asha@example.com")

    job = JobFactory()
    with kind_that(work):
        assert run(job) == JobState.FAILED
    assert job.failure_code == "CRASHED"


def test_a_job_whose_worker_died_is_queued_again() -> None:
    job = dead()
    runner.sweep(now=clock.now(), limit=10)
    job.refresh_from_db()
    assert (job.state, job.leased_until) == (JobState.QUEUED, None)


def test_a_job_that_kills_every_worker_fails_in_the_end() -> None:
    job = dead(attempts=settings.JOB_ATTEMPTS)
    runner.sweep(now=clock.now(), limit=10)
    job.refresh_from_db()
    assert (job.state, job.failure_code) == (JobState.FAILED, "WORKER_DIED")


def test_a_cancelled_job_whose_worker_died_is_not_begun_again() -> None:
    job = dead(cancel_asked_at=clock.now())
    runner.sweep(now=clock.now(), limit=10)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_living_worker_keeps_its_job() -> None:
    job = dead(leased_until=clock.now() + timedelta(seconds=60))
    runner.sweep(now=clock.now(), limit=10)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_a_worker_taken_for_dead_cannot_write_over_the_other_ones_work() -> None:
    job = JobFactory()

    def work(handle: Handle) -> None:
        Job.objects.filter(pk=job.pk).update(lease_token=uuid4(), done=40)
        handle.progress(1, 50)

    with kind_that(work):
        assert run(job) is None
    assert (job.state, job.done) == (JobState.RUNNING, 40)


def test_progress_renews_the_lease() -> None:
    job, leases = JobFactory(), []

    def work(handle: Handle) -> None:
        Job.objects.filter(pk=job.pk).update(leased_until=clock.now())
        handle.progress(1, 2)
        leases.append(Job.objects.get(pk=job.pk).leased_until)

    with kind_that(work):
        run(job)
    assert leases[0] > clock.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS - 30)


def test_a_job_whose_nudge_was_lost_is_nudged_again(django_capture_on_commit_callbacks: Any) -> None:
    JobFactory(created_at=clock.now() - timedelta(seconds=settings.JOB_NUDGE_SECONDS + 1))
    JobFactory()
    with django_capture_on_commit_callbacks() as nudges:
        assert runner.sweep(now=clock.now(), limit=10) == 1
    assert len(nudges) == 1
