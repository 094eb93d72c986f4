"""Seven faults of clocks that people reported of other ticket systems, and none of them here."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from grievances.base import selectors
from grievances.base.rules import Situation
from grievances.tickets import grievance_status
from grievances.tickets.services import conversation, resolutions
from portal.kernel.core import actor
from portal.kernel.core.clock import IST
from portal.kernel.law.explanations import in_words
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import Stands, clock_state
from portal.kernel.law.selectors import kept, missed
from portal.kernel.law.services import deadline_sweep
from tests.grievances.factories import RECEIVED, STRANGER, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def found():
    return ticket()


@pytest.fixture
def do(officer):
    """What the officer does to a grievance, a number of days after it came."""

    def act(service, found, *, days, **given):
        at = RECEIVED + timedelta(days=days)
        return service(
            ticket=found, text="What we have to say.", by=officer, actor=actor.staff(officer.pk), at=at, **given
        )

    return act


def stands(found, days):
    now = RECEIVED + timedelta(days=days)
    return {clock.rule_key: clock_state(clock, now).stands for clock in selectors.answer_clocks(found)}


# 1. The clock runs while the customer owes the reply.
def test_our_promise_waits_while_the_person_owes_the_answer_and_the_law_is_said_to_run_on(found, do):
    do(conversation.ask, found, days=1)
    assert stands(found, 20) == {
        "grievances.answer": Stands.PAUSED,
        "IN-IT-RES": Stands.LATE,
        "IN-SPDI-GRV": Stands.RUNNING,
    }
    now = RECEIVED + timedelta(days=2)
    assert grievance_status.standing_of(found, now=now).situation is Situation.WITH_YOU_PARTLY
    with translation.override("en"):
        assert "the date of the law does not" in grievance_status.sentence_for_person(found, now=now)


# 2. What the customer writes on the page does not count as an answer.
def test_what_the_person_writes_on_the_page_lets_the_clock_run_on(found, do):
    before = found.due_at
    do(conversation.ask, found, days=1)
    conversation.person_writes(ticket=found, text="Here it is.", actor=STRANGER, at=RECEIVED + timedelta(days=3))
    assert stands(found, 3)["grievances.answer"] is Stands.RUNNING
    promise = next(clock for clock in selectors.answer_clocks(found) if clock.rule_key == "grievances.answer")
    assert promise.due_at == before + timedelta(days=2)


# 3. The times at which things were done are not shown.
def test_a_clock_that_ended_says_when_and_whether_in_time(found, do):
    do(resolutions.propose, found, days=2)
    with translation.override("en"):
        said = {row.clock.kind: row.says for row in selectors.all_deadlines(found, now=RECEIVED + timedelta(days=90))}
    assert said["answer"] == "done in time, on 26 November 2026"
    assert said["acknowledge"] == "done in time, on 24 November 2026"


# 4. The clock runs after the resolution.
def test_after_the_answer_nothing_runs_and_nothing_becomes_late(found, do):
    do(resolutions.propose, found, days=2)
    deadline_sweep.sweep(now=RECEIVED + timedelta(days=400))
    assert set(stands(found, 400).values()) == {Stands.MET}
    assert not Clock.objects.exclude(state="stopped").exists()


def test_what_the_person_takes_back_is_neither_met_nor_missed(found):
    resolutions.withdraw(ticket=found, actor=STRANGER, at=RECEIVED + timedelta(days=2))
    assert set(stands(found, 400).values()) == {Stands.FROZEN}
    ended = Clock.objects.filter(owner=selectors.answer_owner(found))
    assert not kept(ended).exists()
    assert not missed(ended).exists()


# 5. A late reply is hidden once it was given.
def test_a_late_answer_stays_late_in_the_page_in_the_queue_and_in_the_figures(found, do):
    do(resolutions.propose, found, days=9, late_because="complex")
    assert stands(found, 400) == {
        "grievances.answer": Stands.MISSED,
        "IN-IT-RES": Stands.MISSED,
        "IN-SPDI-GRV": Stands.MET,
    }
    late = {clock.rule_key: clock.late_because for clock in missed(Clock.objects.filter(kind="answer"))}
    assert late == {"grievances.answer": "complex", "IN-IT-RES": "complex"}
    with translation.override("en"):
        shown = selectors.deadlines(found, now=RECEIVED + timedelta(days=400))
    assert [(row.says, row.tone) for row in shown[:2]] == [("missed: ended on 3 December 2026", "err")] * 2


# 6. Working hours are not heeded.
def test_each_clock_counts_what_its_own_rule_counts():
    friday = datetime(2026, 11, 27, 18, tzinfo=IST)
    found = ticket(at=friday)
    acknowledged = Clock.objects.get(rule_key="IN-IT-ACK", owner=selectors.acknowledge_owner(found))
    assert acknowledged.due_at == friday + timedelta(hours=24)
    with translation.override("en"):
        why = {row.clock.rule_key: row.why for row in selectors.deadlines(found, now=friday)}
    assert "Weekends and holidays count." in why["IN-IT-RES"]
    assert "without a break" in in_words(acknowledged, friday).why


# 7. Nobody can say how much was kept.
def test_how_much_was_kept_is_counted_by_kind_and_counts_no_clock_twice(do):
    in_time, late, taken_back = ticket(), ticket(), ticket()
    do(resolutions.propose, in_time, days=2)
    do(resolutions.propose, late, days=9, late_because="many")
    resolutions.withdraw(ticket=taken_back, actor=STRANGER, at=RECEIVED + timedelta(days=1))
    of_it_rules = Clock.objects.filter(rule_key="IN-IT-RES")
    assert (kept(of_it_rules).count(), missed(of_it_rules).count()) == (1, 1)
