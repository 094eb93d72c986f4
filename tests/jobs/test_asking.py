import pytest

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import Refused
from portal.kernel.jobs import services
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import Job
from tests.jobs.factories import JobFactory, kind_that

STAFF = actor.staff(7)
pytestmark = pytest.mark.django_db


def nothing(handle: Handle) -> None:
    return None


def test_a_job_is_a_row_with_its_parameters_and_leaves_an_audit_event() -> None:
    with kind_that(nothing):
        job = services.start(kind="tests.counting", parameters={"from": "2026-01-01"}, actor=STAFF)
    assert (job.state, job.parameters, job.started_by) == (JobState.QUEUED, {"from": "2026-01-01"}, "staff:user:7")
    event = AuditEvent.objects.get()
    assert (event.kind, event.about) == ("jobs.job.started", f"jobs.job:{job.reference}")


def test_an_unknown_kind_of_job_is_refused_and_leaves_no_row() -> None:
    with pytest.raises(Refused, match="no kind of job named"):
        services.start(kind="tests.unknown", parameters={}, actor=STAFF)
    assert not Job.objects.exists()


def test_a_queued_job_is_cancelled_at_once() -> None:
    job = JobFactory()
    services.cancel(job, STAFF)
    assert job.state == JobState.CANCELLED
    assert job.finished_at is not None


def test_a_running_job_is_only_asked_to_stop() -> None:
    job = JobFactory(state=JobState.RUNNING)
    services.cancel(job, STAFF)
    assert job.state == JobState.RUNNING
    assert job.cancel_asked_at is not None


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(state: JobState) -> None:
    with pytest.raises(Refused, match="ended already"):
        services.cancel(JobFactory(state=state), STAFF)
    assert not AuditEvent.objects.exists()


def test_a_failed_job_starts_again_from_nothing() -> None:
    job = JobFactory(state=JobState.FAILED, attempts=3, done=5, total=9, failure_code="CRASHED")
    services.restart(job, STAFF)
    assert (job.state, job.attempts, job.done, job.total, job.failure_code) == (JobState.QUEUED, 0, 0, None, "")


def test_a_finished_job_is_not_started_again() -> None:
    with pytest.raises(Refused, match="Only a job that has failed"):
        services.restart(JobFactory(state=JobState.DONE), STAFF)
