"""Somebody is erased while a file is written that may hold them: the file is dropped and, for a list, begun anew."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.job_types import ErasedMeanwhile, Handle
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.services import exports, result_files, runner
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.people.export_resources import StaffResource
from portal.kernel.people.models import User
from portal.kernel.retention.choices import ItemState, RunState
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.services import runs
from portal.kernel.vault.models import StoredFile
from tests.jobs.factories import JobFactory, kind_that
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention.factories import Shelf, house_rule, only_eraser, retention_rule, run_for
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db(transaction=True)
WISH = {"file_format": "csv", "filters": "is_active__exact=1", "reason": "The audit of this year"}


class Logins(Shelf):
    """Erasing a subject takes the newest login off the list of those that are active."""

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        newest = User.objects.filter(is_active=True).latest("pk")
        User.objects.filter(pk=newest.pk).update(is_active=False)
        return super().erase(subject_ref=subject_ref, before=before)


@pytest.fixture
def auditor() -> Any:
    every_rule()
    return StaffFactory(roles=["auditor"], email="asha@example.test")


@pytest.fixture
def logins(auditor: Any) -> Iterator[Logins]:
    house_rule("tests.period", 1, "year")
    retention_rule(needs_approval=True)
    found = Logins()
    with only_eraser(found):
        yield found


def planned(logins: Logins, *, number: int = 1) -> ErasureRun:
    """An approved run of one person."""
    person = PrincipalFactory().subject.ref
    logins.shelved[person] = [clock.now()]
    return run_for(person, because=f"OS-GR-{number}")


def erase(run: ErasureRun) -> None:
    done = runs.carry_out(run, now=clock.now(), actor=actors.SYSTEM)
    assert (done.state, done.erased) == (RunState.DONE, 1)


def erase_but_not_close(run: ErasureRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that died after the last item."""
    with monkeypatch.context() as patch:
        patch.setattr(runs.certificates, "close", lambda *args, **kwargs: None)
        runs.carry_out(run, now=clock.now(), actor=actors.SYSTEM)
    assert run.steps.get().items.get().state == ItemState.DONE


def asked(who: Any) -> ListExport:
    return exports.ask(Wish(StaffResource(), **WISH), actor=actors.staff(who.pk))


def ids_in(content: bytes) -> list[str]:
    return [line[0] for line in csv.reader(io.StringIO(content.decode("utf-8-sig")))][1:-1]


def run_telling(row: ListExport, tell: Any, monkeypatch: pytest.MonkeyPatch) -> JobState | None:
    run = exports.run
    with monkeypatch.context() as patch:
        patch.setattr(exports, "run", lambda handle: run(handle, tell=tell))
        assert row.job is not None
        state = runner.run(row.job.pk, now=clock.now())
    row.refresh_from_db()
    return state


@pytest.mark.parametrize("closes", [True, False], ids=["and-its-run-is-closed", "and-its-run-goes-on"])
def test_a_long_list_is_begun_anew_without_whoever_was_erased_while_it_was_read(
    auditor: Any, logins: Logins, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    StaffFactory(roles=[])
    run, row, told = planned(logins), asked(auditor), []
    erased = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))[-1]

    def tell(done: int) -> None:
        if not told:
            erase(run) if closes else erase_but_not_close(run, monkeypatch)
        told.append(done)

    assert run_telling(row, tell, monkeypatch) == JobState.DONE
    assert len(told) == 2
    job = Job.objects.select_related("result_file").get(pk=row.job_id)
    with result_files.open_result(job, actor=actors.staff(auditor.pk)) as stream:
        ids = ids_in(stream.read())
    assert str(auditor.pk) in ids
    assert str(erased) not in ids
    assert (row.rows, row.sha256) == (len(ids), job.result_file.sha256 if job.result_file else None)
    assert AuditEvent.objects.filter(kind="export.list.made").count() == 1
    assert not StoredFile.objects.filter(kind="jobs.result", shredded_at=None).exclude(pk=job.result_file_id).exists()


def test_erasures_that_go_on_and_on_end_the_job_and_leave_no_file(
    auditor: Any, logins: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    StaffFactory.create_batch(3, roles=[])
    planned_runs = [planned(logins, number=number) for number in range(exports.TRIES)]
    row = asked(auditor)
    assert run_telling(row, lambda done: erase(planned_runs.pop()), monkeypatch) == JobState.FAILED
    job = Job.objects.get(pk=row.job_id)
    assert (job.failure_code, row.made_at, planned_runs) == ("ERASED_MEANWHILE", None, [])
    with pytest.raises(NotFound):
        result_files.open_result(job, actor=actors.staff(auditor.pk))
    assert not StoredFile.objects.filter(kind="jobs.result", shredded_at=None).exists()


def test_a_list_given_at_once_is_begun_anew_too(auditor: Any, logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    StaffFactory(roles=[])
    run, write = planned(logins), exports.ListFile.pieces
    erased = User.objects.filter(is_active=True).latest("pk")
    waiting = [run]

    def pieces(file: Any) -> Any:
        yield from write(file)
        if waiting:
            erase(waiting.pop())

    monkeypatch.setattr(exports.ListFile, "pieces", pieces)
    wish, rows = Wish(StaffResource(), **WISH), User.objects.filter(is_active=True).order_by("pk")
    row, stream = exports.at_once(wish, rows, actor=actors.staff(auditor.pk))
    with stream:
        ids = ids_in(stream.read())
    assert str(erased.pk) not in ids
    assert row.pk == ListExport.objects.get().pk


def test_erasures_that_go_on_and_on_give_no_list_at_once(
    auditor: Any, logins: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    StaffFactory.create_batch(3, roles=[])
    planned_runs = [planned(logins, number=number) for number in range(exports.TRIES)]
    write = exports.ListFile.pieces

    def pieces(file: Any) -> Any:
        yield from write(file)
        erase(planned_runs.pop())

    monkeypatch.setattr(exports.ListFile, "pieces", pieces)
    with pytest.raises(ErasedMeanwhile, match="Try again"):
        exports.at_once(Wish(StaffResource(), **WISH), User.objects.all(), actor=actors.staff(auditor.pk))
    assert not ListExport.objects.exists()


def test_another_kind_of_work_fails_when_somebody_was_erased_since_it_began(logins: Logins) -> None:
    run, job = planned(logins), JobFactory()
    StaffFactory(roles=[])

    def work(handle: Handle) -> None:
        erase(run)
        handle.result(io.BytesIO(b"read before"), "answers.csv")

    with kind_that(work):
        assert runner.run(job.pk, now=clock.now()) == JobState.FAILED
    job.refresh_from_db()
    assert job.failure_code == "ERASED_MEANWHILE"
    with pytest.raises(NotFound):
        result_files.open_result(job, actor=actors.staff(1))


def test_what_a_rule_alone_ends_drops_the_lists_of_its_own_models_and_no_other(
    auditor: Any, logins: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    StaffFactory.create_batch(2, roles=[])
    row, other = asked(auditor), asked(auditor)
    run, later = planned(logins), planned(logins, number=2)
    for each in (run, later):
        ErasureRun.objects.filter(pk=each.pk).update(needs_approval=False)
        each.refresh_from_db()
    told: list[int] = []

    def tell_once(run: ErasureRun) -> Any:
        def tell(done: int) -> None:
            if not told:
                erase(run)
            told.append(done)

        return tell

    assert run_telling(row, tell_once(run), monkeypatch) == JobState.DONE
    assert len(told) == 1
    told.clear()
    monkeypatch.setattr(Logins, "covers", ("people.User",))
    assert run_telling(other, tell_once(later), monkeypatch) == JobState.DONE
    assert len(told) == 2
