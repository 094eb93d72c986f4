import io
from datetime import timedelta
from typing import Any, BinaryIO, cast
from uuid import uuid4

import pytest
from django.core.files.storage import storages

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.export_columns import Produced
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files, runner
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files
from tests.jobs.factories import JobFactory, kind_that
from tests.law.factories import HouseRuleFactory

pytestmark = pytest.mark.django_db
CONTENT = b"address,allowed\r\n" * 1000
STAFF = actor.staff(7)


@pytest.fixture(autouse=True)
def life_of_a_week() -> None:
    HouseRuleFactory(key=result_files.LIFE, amount=7, unit="calendar_day")


def done() -> Job:
    job = JobFactory()
    with kind_that(lambda handle: handle.result(io.BytesIO(CONTENT), "answers.csv")):
        assert runner.run(job.pk, now=clock.now()) == JobState.DONE
    job.refresh_from_db()
    return job


def test_a_result_comes_back_as_it_was_and_leaves_a_trace() -> None:
    job = done()
    with result_files.open_result(job, actor=STAFF) as stream:
        assert stream.read() == CONTENT
    event = AuditEvent.objects.get(kind="jobs.result.downloaded")
    assert (event.actor_ref, event.facts["job"]) == ("user:7", job.reference)


def test_a_result_lies_encrypted() -> None:
    stored = done().result_file
    assert stored is not None
    with storages["vault"].open(stored.storage_name, "rb") as raw:
        assert b"address,allowed" not in raw.read()


def test_a_result_ends_with_the_week(django_capture_on_commit_callbacks: Any) -> None:
    job = done()
    assert job.result_expires_at is not None
    with django_capture_on_commit_callbacks(execute=True):
        assert result_files.expire(now=job.result_expires_at - timedelta(seconds=1), limit=10) == 0
        assert result_files.expire(now=job.result_expires_at, limit=10) == 1
    job.refresh_from_db()
    assert StoredFile.objects.get().shredded_at is not None
    with pytest.raises(NotFound, match="no longer exists"):
        result_files.open_result(job, actor=STAFF)


def test_an_expired_result_is_not_given_out_before_the_sweep_either() -> None:
    job = done()
    job.result_expires_at = clock.now()
    with pytest.raises(NotFound):
        result_files.open_result(job, actor=STAFF)


def test_a_job_cancelled_while_it_worked_gives_no_result() -> None:
    job = JobFactory()

    def work(handle: Handle) -> None:
        Job.objects.filter(pk=job.pk).update(cancel_asked_at=clock.now())
        handle.result(io.BytesIO(CONTENT), "answers.csv")

    with kind_that(work):
        assert runner.run(job.pk, now=clock.now()) == JobState.CANCELLED
    assert not StoredFile.objects.exists()


def test_a_worker_taken_for_dead_leaves_no_result() -> None:
    job = JobFactory()

    def work(handle: Handle) -> None:
        Job.objects.filter(pk=job.pk).update(leased_until=clock.now() - timedelta(seconds=1))
        runner.sweep(now=clock.now(), limit=10)
        handle.result(io.BytesIO(CONTENT), "answers.csv")

    with kind_that(work):
        assert runner.run(job.pk, now=clock.now()) is None
    job.refresh_from_db()
    assert (job.state, job.result_file) == (JobState.QUEUED, None)


def test_what_a_dying_worker_left_untied_expires_too(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    job = JobFactory()
    store = result_files.files.store

    def dies_after(*args: Any, **kwargs: Any) -> None:
        store(*args, **kwargs)
        raise SystemExit

    monkeypatch.setattr(result_files.files, "store", dies_after)
    with kind_that(lambda handle: handle.result(io.BytesIO(CONTENT), "answers.csv")), pytest.raises(SystemExit):
        runner.run(job.pk, now=clock.now())
    job.refresh_from_db()
    assert (job.result_file, job.result_expires_at is None) == (None, False)
    with django_capture_on_commit_callbacks(execute=True):
        assert result_files.expire(now=clock.now() + timedelta(days=8), limit=10) == 1
    assert StoredFile.objects.get().shredded_at is not None


def test_a_file_that_is_being_written_while_somebody_is_erased_is_never_handed_out() -> None:
    """It was read before: it may hold whoever was erased."""
    job = JobFactory()
    ended: list[int] = []

    def writes(handle: Handle) -> None:
        def pieces() -> Any:
            yield CONTENT
            ended.append(result_files.end_made_before(clock.now()))
            yield CONTENT

        handle.result(cast(BinaryIO, Produced(pieces())), "answers.csv")

    with kind_that(writes):
        runner.run(job.pk, now=clock.now())
    job.refresh_from_db()
    assert (ended, job.state, job.result_file) == ([1], JobState.FAILED, None)
    with pytest.raises(NotFound):
        result_files.open_result(job, actor=STAFF)


def test_a_list_that_waits_for_its_job_ends_with_whoever_was_erased_meanwhile(
    django_capture_on_commit_callbacks: Any,
) -> None:
    given = files.store(
        io.BytesIO(CONTENT), subject_ref=uuid4(), retention_class=RetentionClass.EXPORT, kind="tests.list", actor=STAFF
    )
    job = JobFactory(file_ref=given.subject_ref, result_expires_at=clock.now() + timedelta(days=7))
    assert job.started_at is None
    with django_capture_on_commit_callbacks(execute=True):
        assert result_files.end_made_before(clock.now()) == 1
    given.refresh_from_db()
    assert given.shredded_at is not None
