"""A plan that two people approve: what stops it at the last moment, what it waits for, and what a kill at any step leaves."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Principal, RegimeEvidence
from portal.kernel.retention.choices import ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, PlanApproval
from portal.kernel.retention.services import (
    certificates,
    erasure_blockers,
    erasure_notices,
    erasure_plans,
    erasure_replay,
    nightly_run,
    plan_approvals,
    runs,
)
from portal.kernel.vault.models import ErasureMark
from tests.law.factories import ProfileFactory, PurposeFactory
from tests.people.factories import ContactPointFactory, MembershipFactory, PrincipalFactory, StaffFactory
from tests.retention.factories import Rows, Shelf, hold, house_rule, legal_rule, only_eraser, retention_rule

pytestmark = [pytest.mark.django_db(databases=["default", "keys"])]
NIGHTLY = actor.system("tests")


def ago(days: int):
    return clock.now() - timedelta(days=days)


@pytest.fixture
def people() -> list[Any]:
    """Asha and Bina, by their references in the order in which a run takes them."""
    return sorted((PrincipalFactory().subject.ref for _ in range(2)), key=str)


@pytest.fixture
def shelf(people: list[Any]) -> Iterator[Shelf]:
    """A record of each, over for long; the class is kept for a year and its runs are approved by two people."""
    house_rule("tests.period", 1, "year")
    found = Shelf()
    found.shelved = {ref: [ago(800)] for ref in people}
    with only_eraser(found):
        yield found


@pytest.fixture
def two() -> tuple[Any, Any]:
    """An officer who proposes and an administrator who answers."""
    officer, other = (StaffFactory(roles=[role]) for role in ("data_protection_officer", "administrator"))
    return actor.staff(officer.pk), actor.staff(other.pk)


def plan() -> ErasureRun:
    made = erasure_plans.make(now=clock.now(), actor=NIGHTLY)
    assert made is not None
    return made


def approved(run: ErasureRun, two: tuple[Any, Any]) -> ErasureRun:
    made = plan_approvals.propose(run=run, why="Every item and its rule.", actor=two[0])
    plan_approvals.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
    run.refresh_from_db()
    return run


def carried_out(run: ErasureRun) -> ErasureRun:
    return runs.carry_out(run, now=clock.now(), actor=NIGHTLY)


def states() -> list[str]:
    return list(ErasureItem.objects.order_by("pk").values_list("state", flat=True))


def left(shelf: Shelf) -> list[int]:
    return [len(shelf.shelved[ref]) for ref in sorted(shelf.shelved, key=str)]


def test_nothing_is_erased_before_two_people_agree(shelf: Shelf, two: tuple[Any, Any]) -> None:
    retention_rule(needs_approval=True)
    night = nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
    assert night.plan is not None
    assert (left(shelf), night.plan.state, carried_out(night.plan).state) == ([1, 1], "planned", "planned")
    with pytest.raises(Refused, match="what you reviewed"):
        plan_approvals.propose(run=night.plan, why=" ", actor=two[0])
    made = plan_approvals.propose(run=night.plan, why="All of it.", actor=two[0])
    with pytest.raises(NotAllowed):
        plan_approvals.answer(approval=made, approve=True, reason="", actor=two[0], now=clock.now())
    with pytest.raises(Refused, match="waits for a decision already"):
        plan_approvals.propose(run=night.plan, why="All of it.", actor=two[0])
    plan_approvals.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
    night.plan.refresh_from_db()
    done = carried_out(night.plan)
    assert (done.state, done.erased, left(shelf)) == (RunState.DONE, 2, [0, 0])
    agreed = done.certificate["approval"]
    assert (agreed["by"], agreed["proposed_by"] != agreed["approved_by"]) == ("two people", True)


def test_a_plan_is_bound_to_what_was_shown(shelf: Shelf, people: list[Any], two: tuple[Any, Any]) -> None:
    retention_rule(needs_approval=True)
    made = plan_approvals.propose(run=plan(), why="All of it.", actor=two[0])
    ErasureItem.objects.filter(subject_ref=people[0]).update(count=7)
    with pytest.raises(Refused, match="has changed since"):
        plan_approvals.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
    plan_approvals.answer(approval=made, approve=False, reason="Look again.", actor=two[1], now=clock.now())
    assert ErasureRun.objects.get().state == RunState.REFUSED


def test_the_next_night_leaves_a_plan_that_still_holds_and_gives_up_one_that_does_not(
    shelf: Shelf, people: list[Any], two: tuple[Any, Any]
) -> None:
    retention_rule(needs_approval=True)
    first = plan()
    assert plan().pk == first.pk
    made = plan_approvals.propose(run=first, why="All of it.", actor=two[0])
    shelf.shelved[people[0]].append(ago(700))
    second = plan()
    first.refresh_from_db()
    assert (first.state, second.state, second.due) == (RunState.STALE, RunState.PLANNED, 3)
    with pytest.raises(Refused, match="newest"):
        plan_approvals.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
    assert not PlanApproval.objects.filter(PlanApproval.to_answer()).exists()


def test_where_nothing_is_over_there_is_no_plan(shelf: Shelf) -> None:
    retention_rule(needs_approval=True)
    shelf.shelved.clear()
    assert nightly_run.pass_over(now=clock.now(), actor=NIGHTLY).plan is None


def hold_comes(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(ref)


def dispute_opens(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [lambda *, subject_refs: [(each, "OS-GR-7K4M-9QX2") for each in subject_refs if each == ref]]
    monkeypatch.setattr(ports.disputes, "_items", answers)


def record_is_added(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.shelved[ref].append(ago(700))


def somebody_changes_them(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        facts = {"customer": "x"}
        audit.record(
            AuditKind.PEOPLE_CUSTOMER_CREATED,
            actor=actor.staff(1),
            about="people.customer:x",
            facts=facts,
            subject_ref=ref,
        )


@pytest.mark.parametrize(
    ("comes", "state", "total"),
    [
        (hold_comes, ItemState.HELD, "held"),
        (dispute_opens, ItemState.DISPUTED, "disputed"),
        (record_is_added, ItemState.CHANGED, "stale"),
        (somebody_changes_them, ItemState.CHANGED, "stale"),
    ],
)
def test_what_comes_after_the_approval_stops_that_person_and_nobody_else(
    shelf: Shelf,
    people: list[Any],
    two: tuple[Any, Any],
    comes: Any,
    state: str,
    total: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retention_rule(needs_approval=True)
    run = approved(plan(), two)
    comes(shelf, people[0], monkeypatch)
    before = len(shelf.shelved[people[0]])
    done = carried_out(run)
    assert states() == [state, ItemState.DONE]
    assert (done.state, getattr(done, total), done.erased) == (RunState.DONE, 1, 1)
    assert (len(shelf.shelved[people[0]]), len(shelf.shelved[people[1]])) == (before, 0)
    assert done.certificate["steps"][0][total] == 1


def test_looking_at_a_person_stops_nothing(shelf: Shelf, people: list[Any], two: tuple[Any, Any]) -> None:
    retention_rule(needs_approval=True)
    run = approved(plan(), two)
    with transaction.atomic():
        audit.record(
            AuditKind.ADMIN_RECORD_OPENED,
            actor=actor.staff(1),
            about="people.principal:1",
            facts={},
            subject_ref=people[0],
        )
    assert carried_out(run).erased == 2


@pytest.mark.parametrize("change", ["rule", "law"])
def test_a_rule_or_a_law_that_changed_since_stops_the_plan(
    shelf: Shelf, two: tuple[Any, Any], change: str, people: list[Any]
) -> None:
    retention_rule("LAW", needs_approval=True)
    legal_rule("LAW", 1, "month")
    run = approved(plan(), two)
    if change == "rule":
        retention_rule("LAW", needs_approval=True, version=2, sha256="1" * 64)
    else:
        legal_rule("LAW", 9, "year", version=2)
    done = carried_out(run)
    assert (states(), done.stale, left(shelf)) == ([ItemState.CHANGED] * 2, 2, [1, 1])


def test_a_plan_looks_at_the_records_of_many_people_at_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    retention_rule(needs_approval=True)
    for _more in range(50):
        shelf.shelved[uuid4()] = [ago(800)]
    asked: list[int] = []
    records = shelf.records
    monkeypatch.setattr(shelf, "records", lambda *, subject_refs: asked.append(1) or records(subject_refs=subject_refs))
    assert (plan().due, asked) == (52, [1])


@pytest.fixture
def told(shelf: Shelf, people: list[Any], two: tuple[Any, Any]) -> ErasureRun:
    """An approved plan of a class whose persons are told two days before; only the first has an address."""
    PurposeFactory(code="policy_and_security", message_category="policy_and_security")
    house_rule("tests.courtesy", 48, "hour")
    retention_rule(needs_approval=True, notice_rules=["tests.courtesy"])
    person = Principal.objects.get(subject__ref=people[0])
    ContactPointFactory(principal=person, kind="email", address="asha@example.in", verified_at=clock.now())
    return approved(plan(), two)


def test_the_notices_are_written_by_the_worker_and_once_after_a_kill(
    shelf: Shelf, told: ErasureRun, people: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Principal.objects.get(subject__ref=people[1])
    ContactPointFactory(principal=second, kind="email", address="bina@example.in", verified_at=clock.now())
    assert not Message.objects.exists(), "whoever approves waits for no letter"
    whole, calls = erasure_notices._post, []

    def dies(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit
        return whole(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(erasure_notices, "_post", dies)
        with suppress(SystemExit):
            carried_out(told)
    assert (ErasureRun.objects.get().state, Message.objects.count()) == (RunState.APPROVED, 1)
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    assert (states(), Message.objects.filter(kind="retention.notice").count()) == ([ItemState.TOLD] * 2, 2)
    assert (ErasureRun.objects.get().state, left(shelf)) == (RunState.RUNNING, [1, 1])


def test_an_organisation_that_nobody_owns_any_more_is_told_through_who_acted_for_it(
    shelf: Shelf, two: tuple[Any, Any]
) -> None:
    PurposeFactory(code="policy_and_security", message_category="policy_and_security")
    house_rule("tests.courtesy", 48, "hour")
    retention_rule(needs_approval=True, notice_rules=["tests.courtesy"])
    member = MembershipFactory(role="member", principal=PrincipalFactory(email="asha@acme.example"))
    shelf.shelved = {member.customer.subject.ref: [ago(800)]}
    carried_out(approved(plan(), two))
    assert Message.objects.get(kind="retention.notice").subject_ref == member.principal.subject.ref


def test_who_cannot_be_told_because_something_broke_stops_nobody_else_and_is_not_erased(
    shelf: Shelf, told: ErasureRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_notices.outbox, "post", lambda **_words: 1 / 0)
    done = carried_out(told)
    assert (states(), done.state, left(shelf)) == ([ItemState.FAILED, ItemState.DONE], RunState.FAILED, [1, 0])


def deliver(run: ErasureRun, *, days: int = 0) -> None:
    Message.objects.filter(kind="retention.notice").update(state="sent", sent_at=clock.now() - timedelta(days=days))


def test_erasure_waits_until_the_notice_was_delivered_and_its_time_is_over(shelf: Shelf, told: ErasureRun) -> None:
    carried_out(told)
    assert (states(), left(shelf)) == ([ItemState.TOLD, ItemState.DONE], [1, 0])
    deliver(told, days=1)
    carried_out(told)
    assert (ErasureRun.objects.get(pk=told.pk).state, left(shelf)) == (RunState.RUNNING, [1, 0])
    deliver(told, days=2)
    assert nightly_run.carry_on(now=clock.now(), actor=NIGHTLY) == [told]
    assert (states(), left(shelf)) == ([ItemState.DONE] * 2, [0, 0])


def test_a_person_who_comes_back_after_the_notice_stops_it(shelf: Shelf, told: ErasureRun, people: list[Any]) -> None:
    carried_out(told)
    deliver(told, days=2)
    with transaction.atomic():
        audit.record(
            AuditKind.SIGNIN_LOGIN_SUCCEEDED,
            actor=actor.customer(1),
            about="people.user:1",
            facts={},
            subject_ref=people[0],
        )
    assert carried_out(told).stale == 1
    assert states() == [ItemState.CAME_BACK, ItemState.DONE]


def test_a_courtesy_that_cannot_be_delivered_keeps_nothing(shelf: Shelf, told: ErasureRun) -> None:
    carried_out(told)
    Message.objects.update(state="dead")
    assert carried_out(told).erased == 2


def test_a_notice_that_a_law_asks_for_is_waited_for_and_its_run_ends_without_who_cannot_be_told(
    shelf: Shelf, people: list[Any], two: tuple[Any, Any]
) -> None:
    house_rule("retention.untold", 30, "calendar_day")
    ProfileFactory(third_schedule_class="yes")
    legal_rule("WARN", 48, "hour", kind="deadline", counting="elapsed_backwards", switch="third_schedule_class")
    retention_rule(needs_approval=True, notice_rules=["WARN"])
    run = approved(plan(), two)
    assert (carried_out(run).state, states(), left(shelf)) == (RunState.RUNNING, [ItemState.TOLD] * 2, [1, 1])
    ErasureRun.objects.update(started_at=ago(29))
    assert carried_out(ErasureRun.objects.get(pk=run.pk)).state == RunState.RUNNING
    ErasureRun.objects.update(started_at=ago(30))
    done = carried_out(ErasureRun.objects.get(pk=run.pk))
    assert (done.state, done.kept_by_law, states()) == (RunState.DONE, 2, [ItemState.UNTOLD] * 2)
    assert left(shelf) == [1, 1], "who cannot be told is not erased"


@pytest.fixture
def rows(people: list[Any]) -> Iterator[Rows]:
    house_rule("tests.period", 1, "year")
    found = Rows()
    for ref in people:
        found.put(ref, ago(800))
    with only_eraser(found):
        yield found


KILLED_AT = [
    (erasure_blockers, "stops"),
    (runs, "_done"),
    (runs, "_claimed"),
    (certificates, "close"),
    (certificates, "_certificate"),
    (erasure_replay, "leave_mark"),
]


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize(("module", "name"), KILLED_AT, ids=lambda one: getattr(one, "__name__", one))
def test_killed_at_any_step_it_goes_on_and_certifies_the_same(
    module: Any,
    name: str,
    turn: int,
    rows: Rows,
    people: list[Any],
    two: tuple[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retention_rule(needs_approval=True)
    run = approved(plan(), two)
    whole, calls = getattr(module, name), []

    def dies(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == turn:
            raise SystemExit
        return whole(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies)
        with suppress(SystemExit):
            carried_out(run)
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    done = ErasureRun.objects.get(pk=run.pk)
    assert (done.state, done.erased, RegimeEvidence.objects.count()) == (RunState.DONE, 2, 0)
    refs = "\n".join(str(ref) for ref in people)
    assert done.certificate["steps"][0]["subjects_sha256"] == hashlib.sha256(refs.encode()).hexdigest()
    assert ErasureMark.objects.filter(because=run.reference).count() == 2


def test_the_night_of_a_rule_without_approval_touches_no_class_of_two_people(shelf: Shelf) -> None:
    retention_rule(needs_approval=True, effective_from=date(2025, 1, 1))
    assert (runs.run(now=clock.now(), actor=NIGHTLY).due, left(shelf)) == (0, [1, 1])
