import io
from uuid import uuid4

import pytest
from django.urls import reverse

from portal.fronts.workplace.job_parameters import in_words
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.jobs import job_types, services
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files, runner
from tests.jobs.factories import JobFactory, kind_that
from tests.law.factories import HouseRuleFactory
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return StaffFactory(roles=["data_protection_officer"])


def answer(client, job: Job, **asked: str):
    return client.get(reverse("admin:jobs_job_change", args=[job.pk]), asked)


def page(client, job: Job) -> str:
    return answer(client, job).content.decode()


def with_result(user) -> Job:
    HouseRuleFactory(key=result_files.LIFE, amount=7, unit="calendar_day")
    with kind_that(lambda handle: handle.result(io.BytesIO(b"a,b\r\n"), "list.csv")):
        job = services.start(kind="tests.counting", parameters={}, actor=actor.staff(user.pk))
        runner.run(job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def test_a_running_job_shows_its_progress_and_loads_itself_again_without_a_script(officer) -> None:
    job = JobFactory(state=JobState.RUNNING, done=1200, total=5000, lease_token=uuid4(), leased_until=clock.now())
    client = staff_client(officer)
    first = answer(client, job)
    assert '<progress id="job-progress" value="1200" max="5000">' in first.content.decode()
    assert first.headers["Refresh"] == "5"
    assert "Refresh" not in answer(client, job, still="1").headers


def test_a_job_that_has_ended_stays_still(officer) -> None:
    found = answer(staff_client(officer), JobFactory(state=JobState.FAILED, failure_code="PERIOD_OPEN"))
    assert "PERIOD_OPEN" in found.content.decode()
    assert "Refresh" not in found.headers


def test_whoever_asked_fetches_the_result(officer) -> None:
    job = with_result(officer)
    client = staff_client(officer)
    url = reverse("admin:jobs_job_result", args=[job.pk])
    assert url in page(client, job)
    fetched = client.get(url)
    assert b"".join(fetched.streaming_content) == b"a,b\r\n"
    assert fetched["Content-Disposition"] == 'attachment; filename="list.csv"'
    assert AuditEvent.objects.filter(kind="jobs.result.downloaded").count() == 1


def test_nobody_else_fetches_it(officer) -> None:
    job = with_result(officer)
    url = reverse("admin:jobs_job_result", args=[job.pk])
    for role in ("data_protection_officer", "auditor", "administrator"):
        client = staff_client(StaffFactory(roles=[role]))
        assert url not in page(client, job)
        assert client.get(url).status_code == 404
    assert staff_client(StaffFactory(roles=["support"])).get(url).status_code == 403


def test_who_may_no_longer_have_such_a_file_made_fetches_none_either() -> None:
    member = StaffFactory(roles=["grievance_officer"])
    job = with_result(member)
    url = reverse("admin:jobs_job_result", args=[job.pk])
    client = staff_client(member)
    for name in ("consent.scrub", "evidence.pack"):
        kind = job_types.kind_named(name)
        Job.objects.filter(pk=job.pk).update(kind=kind.name)
        assert url not in page(client, job)
        assert client.get(url).status_code == 404
    Job.objects.filter(pk=job.pk).update(kind="tests.counting")
    assert client.get(url).status_code == 200


def test_an_expired_result_is_not_offered_and_not_given(officer) -> None:
    job = with_result(officer)
    Job.objects.filter(pk=job.pk).update(result_expires_at=clock.now())
    client, url = staff_client(officer), reverse("admin:jobs_job_result", args=[job.pk])
    assert url not in page(client, job)
    assert client.get(url).status_code == 404


def test_a_queued_job_is_cancelled_through_its_page(officer) -> None:
    job = JobFactory()
    url = reverse("admin:jobs_job_do_one", args=[job.pk, "cancel-job"])
    assert "Cancelled." in staff_client(officer).post(url, {"answer": "1"}).content.decode()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_failed_job_starts_again_through_its_page(officer) -> None:
    job = JobFactory(state=JobState.FAILED)
    staff_client(officer).post(reverse("admin:jobs_job_do_one", args=[job.pk, "restart-job"]), {"answer": "1"})
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_the_auditor_sees_jobs_and_stops_none() -> None:
    job, client = JobFactory(), staff_client(StaffFactory(roles=["auditor"]))
    assert job.reference in client.get(reverse("admin:jobs_job_changelist")).content.decode()
    url = reverse("admin:jobs_job_do_one", args=[job.pk, "cancel-job"])
    assert client.post(url, {"answer": "1"}).status_code == 403


def test_what_was_asked_of_a_job_is_said_in_words(officer) -> None:
    """It stood there as "drawn: []", "from: 2026-10-01", "until:"."""
    pack = {"from": "2026-10-01", "to": "2026-10-31", "until": "", "sample": 25, "seed": "x", "drawn": []}
    assert list(in_words(pack)) == [
        *("First day: 1 Oct 2026", "Last day: 31 Oct 2026", "Size of the sample: 25", "Seed of the sample: x"),
    ]
    export = {"export": 3, "list": "people.User", "format": "csv", "filters": "is_staff__exact=1", "masked": True}
    assert list(in_words(export)) == [
        *("Number in the register of exports: 3", "List: Accounts", "File format: CSV, for any program"),
        *("Filters: is_staff__exact=1", "Masked: Yes"),
    ]
    assert list(
        in_words({"until": "2026-10-31T18:00:00.000Z", "take_over": "OS-TO-1", "drawn": ["a", "b"], "odd_one": 1})
    ) == [
        *("Up to this moment of the last day: 31 Oct 2026, 23:30 IST", "Take-over: OS-TO-1"),
        *("Frozen samples: a, b", "Odd one: 1"),
    ]
    assert list(in_words({"list": "gone.Table"})) == ["List: gone.Table, which is no longer a list"]
    shown = page(staff_client(officer), JobFactory(parameters=pack))
    assert "First day: 1 Oct 2026" in shown
    assert "drawn" not in shown
