"""A start that was wrong, and a lateness that nobody explained: put right with a reason, the old facts kept."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ports
from portal.kernel.core.clock import IST
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law import explanations
from portal.kernel.law.models import Clock, ClockEvent
from portal.kernel.law.rules import Stands, clock_state
from portal.kernel.law.services import deadline_corrections, deadlines

RECEIVED = datetime(2026, 11, 24, 19, 10, tzinfo=IST)
NOW = RECEIVED + timedelta(days=2)
OWNER = "tests.thing:1"


@pytest.fixture
def start(rules, actor):
    def begin(**given):
        return deadlines.start(
            **{
                "owner": OWNER,
                "subject_ref": uuid4(),
                "rule_keys": None,
                "kind": "answer",
                "started_at": RECEIVED,
                "zone": "Asia/Kolkata",
                "regimes": ["IN"],
                "actor": actor,
                **given,
            }
        )

    return begin


@pytest.fixture
def correct(actor):
    def put_right(started_at, **given):
        return deadline_corrections.correct_start(
            **{
                "owner": OWNER,
                "kind": "answer",
                "started_at": started_at,
                "reason_code": "earlier",
                "actor": actor,
                "now": NOW,
                **given,
            }
        )

    return put_right


def due(found):
    return {clock.rule_key: clock.due_at.astimezone(IST).date().isoformat() for clock in found}


def test_a_start_moved_two_days_back_moves_every_date_and_the_old_clocks_stay_visible(start, correct):
    old = start()
    found = correct(RECEIVED - timedelta(days=2))
    assert due(found) == {
        "grievances.answer": "2026-11-27",
        "IN-IT-RES": "2026-11-29",
        "IN-SPDI-GRV": "2026-12-22",
    }
    kept = {clock.pk: clock for clock in Clock.objects.filter(ended="corrected")}
    assert {clock.started_at for clock in kept.values()} == {RECEIVED}
    assert set(kept) == {clock.pk for clock in old}
    assert {clock.corrects_id for clock in found} == set(kept)
    assert {clock_state(clock, NOW).stands for clock in kept.values()} == {Stands.FROZEN}


def test_a_correction_leaves_its_trace_with_the_old_start_the_new_one_and_the_reason(start, correct):
    start()
    correct(RECEIVED - timedelta(days=2))
    facts = AuditEvent.objects.get(kind="law.clock.corrected").facts
    assert facts["began_at"].startswith("2026-11-24T13:40")
    assert facts["started_at"].startswith("2026-11-22T13:40")
    assert facts["reason_code"] == "earlier"
    assert set(ClockEvent.objects.filter(kind="corrected").values_list("reason_code", flat=True)) == {"earlier"}


def test_a_start_moved_before_a_law_began_brings_the_law_of_that_day(start, correct):
    received = datetime(2027, 5, 13, 9, 0, tzinfo=IST)
    assert "IN-DPDP-GRV" in due(start(started_at=received))
    found = due(correct(datetime(2027, 5, 12, 23, 0, tzinfo=IST), now=received + timedelta(hours=1)))
    assert found["IN-SPDI-GRV"] == "2027-06-12"
    assert "IN-DPDP-GRV" not in found


def test_what_paused_stays_paused_and_time_that_stood_still_is_not_lost(start, correct, actor):
    start()
    deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(hours=1), actor=actor)
    deadlines.resume(owner=OWNER, at=RECEIVED + timedelta(hours=25), actor=actor)
    deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(hours=30), actor=actor)
    correct(RECEIVED - timedelta(days=1))
    promise = Clock.objects.get(owner=OWNER, rule_key="grievances.answer", state="paused")
    assert promise.paused_seconds == 86_400
    assert due([promise]) == {"grievances.answer": "2026-11-29"}
    assert promise.next_at is None


def test_an_answer_that_was_given_stays_given_and_may_turn_out_late(start, correct, actor):
    start()
    deadlines.stop(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    found = correct(RECEIVED - timedelta(days=10))
    stands = {clock.rule_key: clock_state(clock, NOW).stands for clock in found}
    assert stands == {"grievances.answer": Stands.MISSED, "IN-IT-RES": Stands.MISSED, "IN-SPDI-GRV": Stands.MET}
    assert {clock.stopped_at for clock in found} == {RECEIVED + timedelta(days=1)}
    assert not Clock.objects.exclude(state="stopped").exists()


def test_only_the_series_that_counts_is_corrected(start, correct, actor):
    first = start()
    deadlines.stop(owner=OWNER, at=RECEIVED + timedelta(hours=1), actor=actor)
    start(started_at=RECEIVED + timedelta(days=1))
    correct(RECEIVED + timedelta(hours=2))
    assert not Clock.objects.filter(pk__in=[clock.pk for clock in first], ended="corrected").exists()


def test_a_start_can_be_corrected_again(start, correct):
    start()
    correct(RECEIVED - timedelta(days=2))
    again = correct(RECEIVED - timedelta(days=1), reason_code="mistyped")
    assert due(again)["IN-IT-RES"] == "2026-11-30"
    assert Clock.objects.filter(ended="corrected").count() == 6


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"started_at": NOW + timedelta(seconds=1)}, "FUTURE"),
        ({"started_at": RECEIVED}, "SAME"),
        ({"started_at": RECEIVED - timedelta(days=1), "reason_code": ""}, "NO_REASON"),
        ({"started_at": RECEIVED - timedelta(days=1), "reason_code": "too_busy"}, "NO_REASON"),
    ],
)
def test_a_correction_needs_a_reason_and_a_moment_that_is_past(start, correct, given, code):
    start()
    with pytest.raises(Refused) as refused:
        correct(**given)
    assert refused.value.code == code
    assert not Clock.objects.filter(ended="corrected").exists()


@pytest.mark.parametrize(
    ("moved", "reason", "code"),
    [
        (timedelta(hours=1), "earlier", "DIRECTION"),
        (timedelta(hours=27), "wrong_zone", "ZONES"),
        (-timedelta(hours=27), "wrong_zone", "ZONES"),
        (timedelta(hours=7), "mistyped", "FILED"),
        (timedelta(hours=7), "wrong_zone", "FILED"),
    ],
)
def test_the_reason_is_true_of_the_way_a_start_moves_and_no_start_is_later_than_its_record(
    start, correct, moved, reason, code
):
    start(now=RECEIVED + timedelta(hours=6))
    with pytest.raises(Refused) as refused:
        correct(RECEIVED + moved, reason_code=reason)
    assert refused.value.code == code
    assert not Clock.objects.filter(ended="corrected").exists()


def test_a_date_typed_too_early_is_put_right_up_to_the_moment_it_was_written_down(start, correct):
    start(now=RECEIVED + timedelta(hours=6))
    correct(RECEIVED - timedelta(days=1), reason_code="mistyped")
    found = correct(RECEIVED + timedelta(hours=5), reason_code="mistyped")
    assert {clock.started_at for clock in found} == {RECEIVED + timedelta(hours=5)}
    with pytest.raises(Refused) as refused:
        correct(RECEIVED + timedelta(hours=7), reason_code="mistyped")
    assert refused.value.code == "FILED"


def test_what_the_room_of_the_owner_filed_before_its_clocks_is_the_bound(start, correct, monkeypatch):
    class Room:
        def owns(self, owner):
            return owner == OWNER

        def filed_at(self, owner):
            return RECEIVED + timedelta(hours=1)

    start(now=RECEIVED + timedelta(hours=6))
    monkeypatch.setattr(ports.clock_owners, "_items", [Room()])
    with pytest.raises(Refused) as refused:
        correct(RECEIVED + timedelta(hours=2), reason_code="mistyped")
    assert refused.value.code == "FILED"


def test_nothing_began_after_it_was_done(start, correct, actor):
    start()
    deadlines.stop(owner=OWNER, at=RECEIVED + timedelta(hours=1), actor=actor)
    with pytest.raises(Refused) as refused:
        correct(RECEIVED + timedelta(hours=2))
    assert refused.value.code == "AFTER_END"


def test_the_explanation_names_the_wrong_start_and_the_reason(start, correct):
    start()
    found = correct(RECEIVED - timedelta(days=2))
    with translation.override("en"):
        said = explanations.how_we_worked_out(found[0])
    assert said[0] == "We received it on 22 November 2026 at 19:10 (Indian time)."
    assert said[1] == (
        "Before, we counted from 24 November 2026 at 19:10. That was wrong: It had reached us earlier, on another way."
    )


def test_the_room_of_the_owner_follows_a_correction(start, correct, monkeypatch):
    class Room:
        heard = ()

        def owns(self, owner):
            return owner == OWNER

        def corrected(self, clocks, *, actor, now):
            self.heard = [clock.rule_key for clock in clocks]

    room = Room()
    monkeypatch.setattr(ports.clock_owners, "_items", [room])
    start()
    correct(RECEIVED - timedelta(days=1))
    assert room.heard == ["grievances.answer", "IN-IT-RES", "IN-SPDI-GRV"]


def test_a_deadline_that_nobody_has_cannot_be_corrected(rules, correct):
    with pytest.raises(NotFound):
        correct(RECEIVED)


def test_another_zone_counts_from_another_day(start, correct):
    received = datetime(2026, 12, 1, 12, 0, tzinfo=IST)  # 30 November in Los Angeles
    start(kind="request", regimes=["US-CA"], started_at=received)
    found = correct(
        received, kind="request", zone="America/Los_Angeles", reason_code="wrong_zone", now=received + timedelta(days=1)
    )
    california = next(clock for clock in found if clock.rule_key == "CA-RESP")
    assert clock_state(california, NOW).due_on.isoformat() == "2027-01-14"


def test_a_clients_word_that_came_earlier_is_still_only_passed_on(start, correct):
    start(role="processor")
    found = correct(RECEIVED - timedelta(hours=2))
    assert [clock.rule_key for clock in found] == ["clients.pass_on"]


def test_a_late_clock_is_explained_and_one_in_time_is_not(start, actor):
    found = {clock.rule_key: clock for clock in start()}
    at = RECEIVED + timedelta(days=9)
    deadline_corrections.explain_late(clock=found["IN-IT-RES"], reason_code="others", actor=actor, now=at)
    found["IN-IT-RES"].refresh_from_db()
    assert found["IN-IT-RES"].late_because == "others"
    assert AuditEvent.objects.get(kind="law.clock.explained").facts["reason_code"] == "others"
    for key, reason, code in (("IN-SPDI-GRV", "others", "NOT_LATE"), ("IN-IT-RES", "weather", "NO_REASON")):
        with pytest.raises(Refused) as refused:
            deadline_corrections.explain_late(clock=found[key], reason_code=reason, actor=actor, now=at)
        assert refused.value.code == code
