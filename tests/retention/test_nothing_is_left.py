"""Planted marks of a person, after a run, are found only where the decision kept them; a later night ends these too."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from grievances.base.request_choices import BundleState
from grievances.models import Bundle, RightsRequest
from grievances.requests.services import data_copies
from portal.kernel.core import actor, clock
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import job_requests, result_files, runner
from portal.kernel.ledger import services as ledger
from portal.kernel.people.models import Principal, Subject
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun
from portal.kernel.retention.services import nightly_run, plan_approvals, runs
from portal.kernel.vault.models import StoredFile, SubjectKey
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
from tests.consent.factories import said
from tests.grievances.requests import asked
from tests.jobs.factories import kind_that
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention import marks
from tests.retention.factories import BEFORE_DPDP, hold, run_for
from tests.retention.marks import MAIL, NAME, NIGHTLY, answered, has_mark, marked, marked_tables, person_everywhere

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """The law of this day decides what is kept."""
    with time_machine.travel(BEFORE_DPDP, tick=True):
        yield


@pytest.fixture
def two() -> tuple[Any, Any]:
    return tuple(actor.staff(StaffFactory(roles=[role]).pk) for role in ("data_protection_officer", "administrator"))


@pytest.fixture
def person() -> Principal:
    """A person with an account and something in every room."""
    return person_everywhere()


@pytest.fixture
def export() -> Iterator[Job]:
    """A finished list that names the person."""
    with kind_that(lambda handle: handle.result(io.BytesIO(f"{NAME},{MAIL}".encode()), "list.csv")):
        job = job_requests.start(kind="tests.counting", parameters={}, actor=NIGHTLY)
        runner.run(job.pk, now=clock.now())
        job.refresh_from_db()
        yield job


def copy_of(who: Principal) -> Bundle:
    """A copy of the person's data that was given out, for a request that is closed."""
    request: RightsRequest = asked(at=clock.now(), principal=who, email=MAIL).request
    RightsRequest.objects.filter(pk=request.pk).update(state="shown", shown_at=clock.now(), proof="session")
    request.refresh_from_db()
    officer = StaffFactory(roles=["grievance_officer"])
    bundle = data_copies.collect(request=request, by=officer, actor=actor.staff(officer.pk), at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    bundle.refresh_from_db()
    with transaction.atomic():
        data_copies.release(bundle=bundle, actor=actor.staff(officer.pk), at=clock.now())
    with files.open_stream(bundle.file, actor=NIGHTLY, reason="looked for") as archive:
        assert archive.read(2) == b"PK"
    request.ticket.refresh_from_db()
    marks.resolutions.withdraw(ticket=request.ticket, actor=actor.stranger(), at=clock.now())
    return bundle


def erased(who: Principal) -> ErasureRun:
    return runs.carry_out(run_for(who.subject.ref), now=clock.now(), actor=NIGHTLY)


def gone(stored: StoredFile | None) -> None:
    assert stored is not None
    with pytest.raises(Shredded):
        files.open_stream(stored, actor=NIGHTLY, reason="looked for")


def test_after_a_run_a_mark_is_found_only_where_the_decision_kept_it(
    person: Principal, export: Job, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = PrincipalFactory(phone="+919822233344")
    theirs = said(other, "given")
    copy = copy_of(person)
    ledger.seal_now()
    receipt = tmp_path / "bina.tlog-proof"
    call_command("receipt", str(theirs.entry.event_id), "--out", str(receipt), stdout=io.StringIO())
    key = answered("ledger_info")["vkey"]
    before = {label for label, _field in marked()}
    assert {"people.Principal", "people.Customer", "people.ContactPoint", "people.User", "people.SignIn"} <= before
    assert {"consent.scan", "grievances.bundle", "jobs.result", "number of a document"} <= marks.opening()
    decided = retention_decisions.keep_or_erase(person.subject.ref, now=clock.now(), asked_at=clock.now())
    with structlog.testing.capture_logs() as logs, caplog.at_level(logging.DEBUG):
        run = erased(person)
    assert run.state == RunState.DONE, [(step.eraser, step.failure) for step in run.steps.all()]

    left = [(one.step.eraser, one.state) for one in ErasureItem.objects.exclude(state="done").select_related("step")]
    assert left == []
    keeping = {each.eraser.name for each in decided if each.verdict.is_kept}
    allowed = {label for each in decided if each.verdict.is_kept for label in each.eraser.covers}
    assert {"audit.personal", "people.sign_ins"} <= keeping
    assert {label for label, _field in marked()} <= allowed
    assert marked_tables() <= {apps.get_model(label)._meta.db_table for label in allowed}
    assert marks.opening() == {"consent.scan"}, "the Limitation Act keeps the proof of a consent"
    assert not has_mark(json.dumps(logs, default=str))
    assert not has_mark(caplog.text)
    assert not has_mark(json.dumps(run.certificate))
    assert {path for path in marks.written_files() if has_mark(path.read_bytes().decode("utf-8", "replace"))} == set()
    assert not has_mark("".join(marks.cached()))
    sent = marks.broker()
    assert any("portal.retention.tasks.carry_out" in task for task in sent)
    assert not has_mark("".join(sent))

    export.refresh_from_db()
    copy.refresh_from_db()
    assert (export.result_expires_at, copy.state) == (None, BundleState.ENDED)
    gone(StoredFile.objects.get(pk=export.result_file_id))
    gone(copy.file)
    assert (run.certificate["exports_ended"], run.certificate["copies_ended"]) == (1, 1)

    steps = {step["what"]: step for step in run.certificate["steps"]}
    for name in ("due", "held", "disputed", "stale", "kept_by_law", "erased"):
        assert sum(step[name] for step in steps.values()) == getattr(run, name)
    for what, step in steps.items():
        mine = [each for each in decided if each.eraser.name == what]
        assert step["due"] == sum(each.record.count for each in mine)
        assert step["erased"] == sum(each.record.count for each in mine if not each.verdict.is_kept)

    ledger.seal_now()
    assert answered("verify_ledger")["ok"]
    call_command("verify_receipt", str(receipt), "--vkey", key, stdout=io.StringIO())


def test_nights_later_nothing_at_all_is_left_and_the_ledger_still_verifies(
    person: Principal, two: tuple[Any, Any], tmp_path: Path
) -> None:
    assert MAIL.encode() in marks.own_form("default", tmp_path)
    erased(person)
    ledger.seal_now()
    refs = retention_decisions.refs_of_person(person.subject.ref)
    later = clock.now() + timedelta(days=11 * 366)
    for days in range(2):
        with time_machine.travel(later + timedelta(days=days), tick=True):
            night = nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
            if night.plan is not None:
                made = plan_approvals.propose(run=night.plan, why="Everything.", actor=two[0])
                plan_approvals.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
                nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    with time_machine.travel(later + timedelta(days=2), tick=True):
        assert marked() == set()
        assert marked_tables() == set()
        assert marks.opening() == set()
        for alias in settings.DATABASES:
            form = marks.own_form(alias, tmp_path)
            assert [mark for mark in marks.MARKS if mark.encode() in form or mark.encode().hex().encode() in form] == []
        assert not SubjectKey.objects.filter(subject_ref__in=refs).exists()
        assert all(Subject.objects.filter(ref__in=refs).values_list("erased_at", flat=True))
        ledger.seal_now()
        assert answered("verify_ledger")["redacted"] > 0
        assert result_files.expire(now=clock.now(), limit=10) == 0


@pytest.mark.full
@pytest.mark.parametrize("turn", [1, 20, 40])
def test_killed_among_all_rooms_it_ends_as_if_nothing_had_happened(
    person: Principal, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = retention_decisions.keep_or_erase(person.subject.ref, now=clock.now(), asked_at=clock.now())
    run = run_for(person.subject.ref)
    whole, calls = runs._done, []

    def dies(*args: Any) -> None:
        calls.append(1)
        if len(calls) == turn:
            raise SystemExit
        whole(*args)

    with monkeypatch.context() as patched:
        patched.setattr(runs, "_done", dies)
        with suppress(SystemExit):
            runs.carry_out(run, now=clock.now(), actor=NIGHTLY)
    assert len(calls) == turn, "there are as many items"
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    run.refresh_from_db()
    allowed = {label for each in decided if each.verdict.is_kept for label in each.eraser.covers}
    assert (run.state, {label for label, _field in marked()} <= allowed) == (RunState.DONE, True)
    assert run.erased == sum(each.record.count for each in decided if not each.verdict.is_kept)
    ledger.seal_now()
    assert answered("verify_ledger")["ok"]


def test_a_run_of_a_person_under_a_hold_leaves_every_mark(person: Principal) -> None:
    before = marked()
    hold(person.subject.ref)
    run = erased(person)
    assert (run.erased, marked()) == (0, before)
