"""Whoever asked for a long list is told by e-mail when its file is there or could not be made."""

from typing import Any

import pytest
from django.urls import reverse

from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import ListExport
from portal.kernel.jobs.services import exports, runner
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.export_resources import StaffResource
from tests.jobs.factories import JobFactory, kind_that
from tests.people.factories import StaffFactory
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> Any:
    every_rule()
    return StaffFactory(roles=["auditor"], email="asha@example.test")


def asked(who: Any) -> ListExport:
    wish = Wish(StaffResource(), "csv", "is_active__exact=1", "The audit of this year")
    return exports.ask(wish, actor=actors.staff(who.pk))


def done(row: ListExport) -> JobState | None:
    assert row.job is not None
    return runner.run(row.job.pk, now=clock.now())


def letters() -> Any:
    return Message.objects.filter(kind__startswith="workplace.export_").order_by("pk")


def test_who_asked_gets_a_link_to_the_page_where_the_file_is_fetched(auditor: Any, settings: Any) -> None:
    row = asked(auditor)
    assert not letters()
    assert done(row) == JobState.DONE
    letter = letters().get()
    assert (letter.kind, letter.subject_ref, letter.channel) == (
        "workplace.export_ready",
        auditor.subject.ref,
        "email",
    )
    body = text_of(letter).body
    assert settings.SITE_URL + reverse("admin:jobs_job_change", args=[row.job_id]) in body
    assert "/result/" not in body
    assert '"Accounts"' in body, "the list has the name that the menu gives it"
    assert "audit of this year" not in body


def test_a_list_that_could_not_be_made_is_told_each_time_it_fails(
    auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked(auditor)
    with monkeypatch.context() as patch:
        patch.setattr(exports, "_run", lambda handle, tell: 1 / 0)
        assert done(row) == JobState.FAILED
    assert [one.kind for one in letters()] == ["workplace.export_failed"]
    assert row.job is not None
    jobs.restart(row.job, actors.staff(auditor.pk))
    assert done(row) == JobState.DONE
    assert [one.kind for one in letters()] == ["workplace.export_failed", "workplace.export_ready"]


def test_nobody_is_told_of_what_they_took_back_nor_a_login_that_has_ended(auditor: Any) -> None:
    taken_back = asked(auditor)
    assert taken_back.job is not None
    jobs.cancel(taken_back.job, actors.staff(auditor.pk))
    row = asked(auditor)
    type(auditor).objects.filter(pk=auditor.pk).update(is_active=False)
    assert done(row) == JobState.FAILED
    assert not letters()


def test_other_work_writes_no_such_letter(auditor: Any) -> None:
    job = JobFactory(started_by=f"staff:user:{auditor.pk}")
    with kind_that(lambda handle: None):
        assert runner.run(job.pk, now=clock.now()) == JobState.DONE
    assert not letters()


def test_a_letter_that_cannot_be_written_leaves_the_file(auditor: Any) -> None:
    type(auditor).objects.filter(pk=auditor.pk).update(email="nowhere")
    row = asked(auditor)
    assert done(row) == JobState.DONE
    assert not letters()
