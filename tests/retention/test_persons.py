"""The end of one person: from the decision of two people about the case to a run with its certificate, and what stops it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock, ports
from portal.kernel.people.models import Principal, RegimeEvidence, User
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.choices import Cause, ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, PlanApproval
from portal.kernel.retention.services import (
    certificates,
    erasure_blockers,
    erasure_plans,
    erasure_replay,
    nightly_run,
    person_erasure,
    plan_approvals,
    runs,
)
from portal.kernel.vault.models import ErasureMark
from tests.people.factories import CustomerFactory, MembershipFactory, PrincipalFactory, StaffFactory
from tests.retention.factories import (
    Rows,
    Shelf,
    hold,
    house_rule,
    legal_rule,
    only_eraser,
    retention_rule,
    run_for,
)

pytestmark = [pytest.mark.django_db(databases=["default", "keys"])]
NIGHTLY = actor.system("tests")


def ago(days: int):
    return clock.now() - timedelta(days=days)


@pytest.fixture
def asha() -> Any:
    return PrincipalFactory().subject.ref


@pytest.fixture
def shelf(asha: Any) -> Iterator[Shelf]:
    """Two records of Asha, which her wish ends at once; a class that two people approve."""
    house_rule("tests.period", 1, "year")
    found = Shelf()
    found.shelved = {asha: [ago(800), ago(10)]}
    with only_eraser(found):
        yield found


def carried_out(run: ErasureRun) -> ErasureRun:
    return runs.carry_out(run, now=clock.now(), actor=NIGHTLY)


def states() -> list[str]:
    return list(ErasureItem.objects.order_by("pk").values_list("state", flat=True))


def again() -> list[ErasureRun]:
    return person_erasure.plan_again(now=clock.now(), actor=NIGHTLY)


def test_the_decision_of_two_people_is_the_approval_and_stands_on_the_certificate(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha)
    assert (run.state, PlanApproval.objects.exists()) == (RunState.APPROVED, False)
    done = carried_out(run)
    assert (done.state, done.due, done.erased, shelf.shelved[asha]) == (RunState.DONE, 2, 2, [])
    agreed = done.certificate["approval"]
    assert agreed["decision"].startswith("retention.childdecision:")
    assert agreed["proposed_by"] != agreed["approved_by"]
    assert (agreed["shown_sha256"], done.certificate["because"]) == ("a" * 64, "OS-GR-1")
    assert str(asha) not in str(done.certificate)
    erasure_replay.leave_marks()
    assert ErasureMark.objects.get().because == run.reference


def test_of_a_person_who_asks_goes_what_no_law_keeps(shelf: Shelf, asha: Any) -> None:
    retention_rule("LAW", needs_approval=True)
    legal_rule("LAW", 1, "year")
    done = carried_out(run_for(asha))
    assert (done.due, done.kept_by_law, done.erased, len(shelf.shelved[asha])) == (2, 1, 1, 1)
    assert again() == [], "what a law keeps ends by its own day"
    (end,) = (
        each.verdict.erase_on for each in retention_decisions.keep_or_erase(asha, now=clock.now(), asked_at=clock.now())
    )
    with time_machine.travel(datetime.combine(end, time(12), clock.IST), tick=False):
        (second,) = again()
        assert (second.state, second.due, second.because) == (RunState.APPROVED, 1, "OS-GR-1")
        assert second.agreed == done.certificate["approval"], "the two who decided the request named this very day"
        assert (carried_out(second).erased, shelf.shelved[asha]) == (1, [])
        assert again() == []


def test_what_is_not_the_record_that_was_named_waits_for_two_people(shelf: Shelf, asha: Any) -> None:
    retention_rule("LAW", needs_approval=True)
    legal_rule("LAW", 1, "year")
    carried_out(run_for(asha))
    shelf.shelved[asha] = [ago(9)]
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        (second,) = again()
        assert second.state == RunState.PLANNED


def test_without_a_law_the_wish_ends_what_began_a_moment_ago(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    shelf.shelved[asha] = [clock.now()]
    assert carried_out(run_for(asha)).erased == 1


def test_where_everything_goes_another_start_of_a_record_changes_nothing(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha)
    shelf.shelved[asha] = [ago(3), ago(2)]
    assert carried_out(run).erased == 2


def test_a_case_has_one_open_run_and_the_database_says_so(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    first = run_for(asha)
    assert run_for(asha).pk == first.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        ErasureRun.objects.create(reference="x", state="planned", cause="child", because="OS-GR-1", asked_at=ago(0))
    carried_out(first)
    assert run_for(asha).pk != first.pk, "a run that has ended answers for no later wish"


def hold_comes(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(ref)


def hold_on_their_own_account(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account = CustomerFactory(kind="individual")
    MembershipFactory(customer=account, principal=Principal.objects.get(subject__ref=ref))
    hold(account.subject.ref)


def dispute_opens(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [lambda *, subject_refs: [(each, "OS-GR-7K4M-9QX2") for each in subject_refs if each == ref]]
    monkeypatch.setattr(ports.disputes, "_items", answers)


def record_is_added(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.shelved[ref].append(ago(7))


def rule_changes(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    retention_rule(needs_approval=True, version=2, sha256="1" * 64)


def staff_change_something(shelf: Shelf, ref: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        audit.record(
            AuditKind.PEOPLE_CUSTOMER_CREATED,
            actor=actor.staff(1),
            about="people.customer:x",
            facts={"customer": "x"},
            subject_ref=ref,
        )


@pytest.mark.parametrize(
    ("comes", "state", "total"),
    [
        (hold_comes, ItemState.HELD, "held"),
        (hold_on_their_own_account, ItemState.HELD, "held"),
        (dispute_opens, ItemState.DISPUTED, "disputed"),
        (record_is_added, ItemState.CHANGED, "stale"),
        (rule_changes, ItemState.CHANGED, "stale"),
        (staff_change_something, ItemState.CHANGED, "stale"),
    ],
)
def test_what_comes_after_the_decision_stops_it_and_the_case_is_told(
    shelf: Shelf, asha: Any, comes: Any, state: str, total: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention_rule(needs_approval=True)
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(ports.person_run_ended, "_items", [lambda **words: told.append(words)])
    run = run_for(asha)
    comes(shelf, asha, monkeypatch)
    before = len(shelf.shelved[asha])
    done = carried_out(run)
    assert (states(), getattr(done, total), done.erased) == ([state], 2, 0)
    assert (len(shelf.shelved[asha]), done.certificate["steps"][0][total]) == (before, 2)
    assert [(one["because"], one["left"], one["ended"]) for one in told] == [
        ("OS-GR-1", [("tests.shelf", state)], {}),
    ]


def test_a_run_names_who_proposed_the_decision_as_who_planned_it(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha)
    maker = User.objects.order_by("pk").first()
    assert run.started_by == f"staff:user:{maker.pk}" == run.agreed["proposed_by"]


def test_a_law_that_asks_for_longer_than_it_did_stops_it(shelf: Shelf, asha: Any) -> None:
    retention_rule("LAW", needs_approval=True)
    legal_rule("LAW", 1, "month")
    shelf.shelved[asha] = [ago(800)]
    run = run_for(asha)
    legal_rule("LAW", 9, "year", version=2)
    assert (carried_out(run).stale, states()) == (1, [ItemState.CHANGED])


def test_what_the_person_does_meanwhile_stops_nothing_but_what_it_adds_to(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha)
    with transaction.atomic():
        audit.record(
            AuditKind.SIGNIN_LOGIN_SUCCEEDED, actor=actor.customer(1), about="people.user:1", facts={}, subject_ref=asha
        )
    assert carried_out(run).erased == 2


def test_a_wish_that_is_taken_back_ends_a_run_that_has_not_begun(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha)
    assert person_erasure.give_up(because="OS-GR-1", now=clock.now())
    run.refresh_from_db()
    assert (carried_out(run).state, len(shelf.shelved[asha])) == (RunState.STALE, 2)
    assert not person_erasure.give_up(because="OS-GR-1", now=clock.now())
    assert not person_erasure.give_up(because="", now=clock.now())


def test_what_a_hold_kept_waits_for_two_people_once_it_has_ended(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    placed = hold(asha)
    first = carried_out(run_for(asha))
    assert (first.held, first.erased, again()) == (2, 0, [])
    placed.released_at = clock.now()
    placed.save(update_fields=["released_at"])
    (second,) = again()
    assert (second.state, second.due, again()) == (RunState.PLANNED, 2, [])
    two = [actor.staff(StaffFactory(roles=[role]).pk) for role in ("data_protection_officer", "administrator")]
    made = plan_approvals.propose(run=second, why="The suit is over.", actor=two[0])
    plan_approvals.answer(approval=made, approve=True, reason="", actor=two[1], now=clock.now())
    second.refresh_from_db()
    done = carried_out(second)
    assert (done.erased, shelf.shelved[asha], again()) == (2, [], [])
    assert done.certificate["approval"]["by"] == "two people"


def test_what_a_dispute_kept_on_the_last_day_of_a_law_goes_after_both_and_waits_for_two_people(
    shelf: Shelf, asha: Any
) -> None:
    retention_rule("LAW", needs_approval=True)
    legal_rule("LAW", 1, "year")
    carried_out(run_for(asha))
    (end,) = (
        each.verdict.erase_on for each in retention_decisions.keep_or_erase(asha, now=clock.now(), asked_at=clock.now())
    )
    noon = datetime.combine(end, time(12), clock.IST)
    with time_machine.travel(noon, tick=False) as travelled:
        placed = hold(asha)
        assert again() == []
        travelled.move_to(noon + timedelta(days=40))
        assert again() == []
        placed.released_at = clock.now()
        placed.save(update_fields=["released_at"])
        travelled.move_to(noon + timedelta(days=41))
        (second,) = again()
        assert second.due == 1


def test_what_a_law_and_a_hold_kept_waits_for_two_people_when_both_have_ended(shelf: Shelf, asha: Any) -> None:
    retention_rule("LAW", needs_approval=True)
    legal_rule("LAW", 1, "year")
    shelf.shelved[asha] = [ago(10)]
    placed = hold(asha)
    carried_out(run_for(asha))
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        placed.released_at = clock.now()
        placed.save(update_fields=["released_at"])
        (second,) = again()
        assert (second.state, second.due) == (RunState.PLANNED, 1)


def test_what_only_broke_is_tried_again_under_the_same_decision(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    whole, shelf.erase = shelf.erase, lambda **_: 1 / 0  # type: ignore[method-assign]
    first = carried_out(run_for(asha))
    assert (first.state, states()) == (RunState.FAILED, [ItemState.FAILED])
    shelf.erase = whole  # type: ignore[method-assign]
    (second,) = again()
    assert (second.state, second.agreed) == (RunState.APPROVED, first.certificate["approval"])
    assert (carried_out(second).erased, again()) == (2, [])


def test_what_came_to_a_room_that_was_empty_as_the_run_was_planned_waits_for_two_people(
    shelf: Shelf, asha: Any
) -> None:
    retention_rule(needs_approval=True)
    shelf.shelved = {}
    run = run_for(asha)
    shelf.shelved = {asha: [ago(0)]}
    done = carried_out(run)
    assert (states(), done.stale, len(shelf.shelved[asha])) == ([ItemState.CHANGED], 0, 1)
    (plan,) = again()
    assert (plan.state, plan.due) == (RunState.PLANNED, 1)


def test_what_changed_since_waits_for_two_people_and_a_newer_state_takes_its_place(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha)
    shelf.shelved[asha].append(ago(7))
    carried_out(run)
    (second,) = again()
    shelf.shelved[asha].append(ago(6))
    (third,) = again()
    second.refresh_from_db()
    assert (second.state, third.state, third.due) == (RunState.STALE, RunState.PLANNED, 4)
    two = [actor.staff(StaffFactory(roles=[role]).pk) for role in ("data_protection_officer", "administrator")]
    made = plan_approvals.propose(run=third, why="Looked at.", actor=two[0])
    plan_approvals.answer(approval=made, approve=False, reason="Not yet.", actor=two[1], now=clock.now())
    (fourth,) = again()
    assert (fourth.state, fourth.due) == (RunState.PLANNED, 4)
    person_erasure.give_up(because="OS-GR-1", now=clock.now())
    assert again() == [], "the wish was taken back"


@pytest.fixture
def rows(asha: Any) -> Iterator[Rows]:
    house_rule("tests.period", 1, "year")
    found = Rows()
    account = CustomerFactory(kind="individual")
    MembershipFactory(customer=account, principal=Principal.objects.get(subject__ref=asha))
    for ref in (asha, account.subject.ref):
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
def test_killed_at_any_step_it_goes_on_with_its_marks_and_one_certificate(
    module: Any, name: str, turn: int, rows: Rows, asha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention_rule(needs_approval=True)
    run = run_for(asha, cause=Cause.CHILD)
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
    assert ErasureMark.objects.filter(because=run.reference).count() == 2
    assert ErasureRun.objects.count() == 1


def test_a_plan_of_the_schedule_names_no_person(shelf: Shelf, asha: Any) -> None:
    retention_rule(needs_approval=True)
    made = erasure_plans.make(now=clock.now(), actor=NIGHTLY)
    assert made is not None
    assert (made.refs, made.asked_at, made.agreed) == ([], None, None)
