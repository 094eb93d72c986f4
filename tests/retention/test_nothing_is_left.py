"""Planted marks of a person, after a run, are found only where the decision kept them; a later night ends these too."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from django.apps import apps
from django.core.management import call_command

from grievances.services import resolving
from portal.core import actor, clock
from portal.jobs.models import Job
from portal.jobs.services import asking, results, running
from portal.ledger import services as ledger
from portal.outbox.services import post
from portal.people.models import Principal, Subject
from portal.people.services import customers, devices
from portal.retention import deciding
from portal.retention.models import ErasureItem, ErasureRun
from portal.retention.services import approving, nights, runs
from portal.retention.states import RunState
from portal.vault.models import StoredFile, SubjectKey
from portal.vault.services import files
from portal.vault.services.keys import Shredded
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.grievances.factories import filed
from tests.jobs.factories import kind_that
from tests.law.factories import ProfileFactory
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.retention.factories import hold, run_for
from tests.shipped import every_rule
from tests.vault.factories import stored

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NAME, MAIL, PHONE, WORD = "Zerlinda Quatermain", "zerlinda@probe.example", "+919811122233", "quatermain-probe"
MARKS = (NAME, MAIL, PHONE, PHONE[3:], WORD)
NIGHTLY = actor.system("tests")
#: Questions of the profile whose laws would keep more.
NO = ("intermediary", "cloud_provider", "telecom_entity", "ccpa_business", "third_schedule_class")


def marked() -> set[tuple[str, str]]:
    """Every table of both databases that holds a mark, encrypted columns as they open."""
    found = set()
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        for row in model._default_manager.all():
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                said_ = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
                if any(mark in said_ for mark in MARKS):
                    found.add((model._meta.label, field.name))
    return found


@pytest.fixture
def two() -> tuple[Any, Any]:
    return tuple(actor.staff(StaffFactory(roles=[role]).pk) for role in ("data_protection_officer", "administrator"))


@pytest.fixture
def person() -> Principal:
    """A person with an account and something in every room, and a log of what the rooms wrote meanwhile."""
    every_rule()
    law_is_loaded()
    ProfileFactory(**dict.fromkeys(NO, "no"))
    published_notice()
    customer = CustomerFactory(kind="individual", name="before")
    login = CustomerUserFactory(email=MAIL, member_of=customer, principal=PrincipalFactory(full_name=NAME))
    who: Principal = login.principal
    ContactPointFactory(principal=who, kind="phone", address=PHONE, verified_at=clock.now())
    customers.rename(customer=customer, name=NAME, actor=actor.SYSTEM)
    devices.signed_in(user=login, token="t" * 43, browser=WORD, actor=actor.SYSTEM, method="code", now=clock.now())
    said(who, "given")
    stored(WORD.encode(), subject_ref=who.subject.ref, kind="consent.scan", retention_class="consent_evidence")
    post(
        kind="consent.ends_soon",
        subject_ref=who.subject.ref,
        channel="email",
        address=MAIL,
        language="en",
        purpose="account_service",
        about="tests.thing:1",
        context={"choices": WORD, "url": "https://x.example/", "preferences_url": "https://x.example/"},
    )
    ticket = filed(email=MAIL, phone=PHONE, what_happened=WORD, principal=who).ticket
    resolving.withdraw(ticket=ticket, actor=actor.stranger(), at=clock.now())
    return who


@pytest.fixture
def export() -> Iterator[Job]:
    """A finished list that names the person, and one of another time that is over already."""
    with kind_that(lambda handle: handle.result(io.BytesIO(f"{NAME},{MAIL}".encode()), "list.csv")):
        job = asking.start(kind="tests.counting", parameters={}, actor=NIGHTLY)
        running.run(job.pk, now=clock.now())
        job.refresh_from_db()
        yield job


def erased(who: Principal) -> ErasureRun:
    return runs.carry_out(run_for(who.subject.ref), now=clock.now(), actor=NIGHTLY)


def answered(*command: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*command, "--json", stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_after_a_run_a_mark_is_found_only_where_the_decision_kept_it(
    person: Principal, export: Job, tmp_path: Path
) -> None:
    other = PrincipalFactory(phone="+919822233344")
    theirs = said(other, "given")
    ledger.seal_now()
    receipt = tmp_path / "bina.tlog-proof"
    call_command("receipt", str(theirs.entry.event_id), "--out", str(receipt), stdout=io.StringIO())
    key = answered("ledger_info")["vkey"]
    before = {label for label, _field in marked()}
    assert {"people.Principal", "people.Customer", "people.ContactPoint", "people.User", "people.SignIn"} <= before
    decided = deciding.keep_or_erase(person.subject.ref, now=clock.now(), asked_at=clock.now())
    with structlog.testing.capture_logs() as logs:
        run = erased(person)
    assert run.state == RunState.DONE, [(step.eraser, step.failure) for step in run.steps.all()]

    left = [(one.step.eraser, one.state) for one in ErasureItem.objects.exclude(state="done").select_related("step")]
    assert left == []
    keeping = {each.eraser.name for each in decided if each.verdict.is_kept}
    allowed = {label for each in decided if each.verdict.is_kept for label in each.eraser.covers}
    assert {"audit.personal", "people.sign_ins"} <= keeping
    assert {label for label, _field in marked()} <= allowed
    assert not any(mark in json.dumps(logs, default=str) for mark in MARKS)
    assert not any(mark in json.dumps(run.certificate) for mark in MARKS)

    export.refresh_from_db()
    assert export.result_expires_at is None
    with pytest.raises(Shredded):
        files.open_stream(StoredFile.objects.get(pk=export.result_file_id), actor=NIGHTLY, reason="looked for")
    assert run.certificate["exports_ended"] == 1

    steps = {step["what"]: step for step in run.certificate["steps"]}
    for name in ("due", "kept_by_law", "erased"):
        assert sum(step[name] for step in steps.values()) == getattr(run, name)
    for what, step in steps.items():
        mine = [each for each in decided if each.eraser.name == what]
        assert step["due"] == sum(each.record.count for each in mine)
        assert step["erased"] == sum(each.record.count for each in mine if not each.verdict.is_kept)

    ledger.seal_now()
    assert answered("verify_ledger")["ok"]
    call_command("verify_receipt", str(receipt), "--vkey", key, stdout=io.StringIO())


def test_nights_later_nothing_at_all_is_left_and_the_ledger_still_verifies(
    person: Principal, two: tuple[Any, Any]
) -> None:
    erased(person)
    ledger.seal_now()
    refs = deciding.refs_of_person(person.subject.ref)
    with time_machine.travel(clock.now() + timedelta(days=5 * 366), tick=True):
        for _night in range(2):
            night = nights.pass_over(now=clock.now(), actor=NIGHTLY)
            if night.plan is not None:
                made = approving.propose(run=night.plan, why="Everything.", actor=two[0])
                approving.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
                nights.carry_on(now=clock.now(), actor=NIGHTLY)
        assert marked() == set()
        assert not SubjectKey.objects.filter(subject_ref__in=refs).exists()
        assert all(Subject.objects.filter(ref__in=refs).values_list("erased_at", flat=True))
        ledger.seal_now()
        assert answered("verify_ledger")["redacted"] > 0
        assert results.expire(now=clock.now(), limit=10) == 0


def test_a_run_of_a_person_under_a_hold_leaves_every_mark(person: Principal) -> None:
    before = marked()
    hold(person.subject.ref)
    run = erased(person)
    assert (run.erased, marked()) == (0, before)
