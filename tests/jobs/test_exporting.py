"""Long lists as jobs: they keep the filter, begin anew after a worker died, and leave unmasked only with two people."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.errors import NotAllowed, NotFound, Refused
from portal.kernel.jobs import list_writer
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import ExportDownload, Job, ListExport
from portal.kernel.jobs.services import exports, result_files, runner
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Checkpoint
from portal.kernel.people.export_resources import StaffResource
from portal.kernel.vault.models import StoredFile
from tests.people.factories import StaffFactory
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """As a process that is killed: nothing of ours catches it."""


@pytest.fixture
def auditor() -> Any:
    every_rule()
    return StaffFactory(roles=["auditor"], email="asha@example.test")


def asked(who: Any, filters: str = "", file_format: str = "csv") -> ListExport:
    return exports.ask(
        Wish(StaffResource(), file_format, filters, "The audit of this year"), actor=actors.staff(who.pk)
    )


def done(row: ListExport) -> JobState | None:
    assert row.job is not None
    state = runner.run(row.job.pk, now=clock.now())
    row.refresh_from_db()
    return state


def rows_of(row: ListExport, who: Any) -> list[list[str]]:
    assert row.job is not None
    with result_files.open_result(Job.objects.get(pk=row.job.pk), actor=actors.staff(who.pk)) as stream:
        return list(csv.reader(io.StringIO(stream.read().decode("utf-8-sig"))))


def test_a_worker_writes_the_list_under_its_filter(auditor: Any) -> None:
    StaffFactory(roles=["support"], is_active=False)
    ledger.seal_now(wait=10)
    row = asked(auditor, "is_active__exact=1")
    assert done(row) == JobState.DONE
    lines = rows_of(row, auditor)
    assert [line[0] for line in lines[1:-1]] == [str(auditor.pk)]
    assert lines[-1][0].startswith(f"# export: {row.pk}; made for: staff:user:{auditor.pk}; at: ")
    job = Job.objects.select_related("result_file").get(pk=row.job_id)
    assert job.result_file is not None
    assert (row.rows, row.sha256, row.size) == (1, job.result_file.sha256, job.result_file.size)
    assert row.ledger_size == Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
    assert row.ledger_size
    assert (job.done, job.total) == (1, 1)
    assert AuditEvent.objects.get(kind="export.list.made").facts["job"] == job.reference


def test_who_fetched_the_file_and_when_stands_in_the_register(auditor: Any) -> None:
    row = asked(auditor)
    done(row)
    assert not row.downloads.exists()
    rows_of(row, auditor)
    rows_of(row, auditor)
    assert [one.fetched_by for one in row.downloads.all()] == [f"staff:user:{auditor.pk}"] * 2


def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_another_begins_anew(
    auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        StaffFactory(roles=[], email=f"{number}@example.test")
    monkeypatch.setattr(list_writer, "BATCH", 2)
    row = asked(auditor)
    told: list[int] = []

    def die(handle: Any, rows: int) -> None:
        told.append(rows)
        if rows >= 4:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(runner.JobHandle, "progress", lambda handle, rows, total=None: die(handle, rows))
        with pytest.raises(Died):
            done(row)
    row.refresh_from_db()
    job = Job.objects.get(pk=row.job_id)
    assert told == [0, 2, 4]
    assert (job.state, job.result_file, row.made_at, row.sha256) == (JobState.RUNNING, None, None, "")
    with pytest.raises(NotFound):
        result_files.open_result(job, actor=actors.staff(auditor.pk))
    Job.objects.filter(pk=job.pk).update(leased_until=clock.now() - timedelta(seconds=1))
    runner.sweep(now=clock.now(), limit=10)
    assert done(row) == JobState.DONE
    assert row.rows == 6
    assert len(rows_of(row, auditor)) == 8
    assert StoredFile.objects.filter(kind="jobs.result").count() == 1
    assert AuditEvent.objects.filter(kind="export.list.made").count() == 1


def test_a_cancelled_list_leaves_no_file(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_writer, "BATCH", 1)
    monkeypatch.setattr(runner, "WRITE_EVERY", 0)
    StaffFactory(roles=[])
    row = asked(auditor)
    job = Job.objects.get(pk=row.job_id)
    write = exports.ListFile.pieces

    def pieces(file: Any) -> Any:
        jobs.cancel(job, actors.staff(auditor.pk))
        return write(file)

    monkeypatch.setattr(exports.ListFile, "pieces", pieces)
    assert done(row) == JobState.CANCELLED
    assert Job.objects.get(pk=job.pk).result_file is None
    assert row.made_at is None


def test_whoever_lost_the_right_meanwhile_gets_no_file(auditor: Any) -> None:
    row = asked(auditor)
    auditor.role_grants.update(ends_at=clock.now() - timedelta(seconds=1))
    assert done(row) == JobState.FAILED
    assert Job.objects.get(pk=row.job_id).failure_code == "NOT_ALLOWED"
    other = asked(auditor)
    type(auditor).objects.filter(pk=auditor.pk).update(is_active=False)
    assert done(other) == JobState.FAILED


def test_an_unmasked_list_needs_another_person_in_the_service_and_in_the_table(auditor: Any) -> None:
    maker = actors.staff(auditor.pk)
    for second in (None, maker):
        wish = Wish(StaffResource(), "csv", "", "The audit", is_masked=False, approved_by=second)
        with pytest.raises(NotAllowed):
            exports.ask(wish, actor=maker)
    assert not ListExport.objects.exists()
    row = asked(auditor)
    for changes in (
        {"is_masked": False},
        {"is_masked": False, "approved_by": row.made_by},
        {"approved_by": "staff:user:0"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ListExport.objects.filter(pk=row.pk).update(**changes)


def test_with_another_persons_approval_it_says_what_is_masked(auditor: Any) -> None:
    second = StaffFactory(roles=["data_protection_officer"])
    wish = Wish(StaffResource(), "csv", "", "The audit", is_masked=False, approved_by=actors.staff(second.pk))
    row = exports.ask(wish, actor=actors.staff(auditor.pk))
    done(row)
    assert "asha@example.test" in [line[1] for line in rows_of(row, auditor)[1:-1]]
    assert (row.is_masked, row.approved_by) == (False, f"staff:user:{second.pk}")
    masked = asked(auditor)
    done(masked)
    assert "asha@example.test" not in [line[1] for line in rows_of(masked, auditor)[1:-1]]


def test_an_unmasked_list_whose_columns_changed_since_it_was_approved_is_not_made(
    auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = StaffFactory(roles=["data_protection_officer"])
    wish = Wish(StaffResource(), "csv", "", "The audit", is_masked=False, approved_by=actors.staff(second.pk))
    row = exports.ask(wish, actor=actors.staff(auditor.pk))
    masked = asked(auditor)
    monkeypatch.setattr(
        StaffResource._meta, "export_order", ("email", "id", "is_active", "created_at", "deactivated_at")
    )
    assert done(row) == JobState.FAILED
    assert Job.objects.get(pk=row.job_id).failure_code == "COLUMNS_CHANGED"
    assert done(masked) == JobState.DONE


def test_filters_are_kept_and_words_that_were_searched_for_are_not() -> None:
    given = QueryDict("q=asha&p=3&o=-1&state__exact=done&kind=a&kind=b&_facets=True")
    assert exports.filters_of(given) == "kind=a&kind=b&state__exact=done"


def test_filters_too_long_to_keep_are_refused(auditor: Any) -> None:
    with pytest.raises(Refused):
        asked(auditor, "a=" + "1" * 1_000)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no COPY")
def test_postgresql_writes_the_lines_itself(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any) -> Any:
        raise AssertionError("a row came to Python")

    monkeypatch.setattr(list_writer.ListFile, "_fetched", never)
    wish = Wish(StaffResource(), "csv", "", "The audit", is_masked=False, approved_by=actors.staff(0))
    row = exports.ask(wish, actor=actors.staff(auditor.pk))
    assert done(row) == JobState.DONE


@pytest.mark.django_db(transaction=True)
def test_a_list_is_of_one_instant_and_its_progress_is_seen_while_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others write meanwhile is not in it, and nobody has to wait for it to end."""
    every_rule()
    auditor = StaffFactory(roles=["auditor"], email="asha@example.test")
    for number in range(3):
        StaffFactory(roles=[], email=f"{number}@example.test")
    monkeypatch.setattr(list_writer, "BATCH", 1)
    monkeypatch.setattr(runner, "WRITE_EVERY", 0)
    row = asked(auditor)
    seen: list[int] = []

    def tell(done: int) -> None:
        seen.append(Job.objects.get(pk=row.job_id).done)
        StaffFactory(roles=[], email=f"late-{done}@example.test")

    run = exports.run
    monkeypatch.setattr(exports, "run", lambda handle: run(handle, tell=tell))
    assert done(row) == JobState.DONE
    assert row.rows == 4
    assert seen == [0, 1, 2, 3]
    assert not any("late" in line[1] for line in rows_of(row, auditor)[1:-1])
    assert ExportDownload.objects.count() == 1
