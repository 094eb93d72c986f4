from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ports
from portal.kernel.core.clock import IST
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.law import explanations
from portal.kernel.law.models import Clock, ClockEvent
from portal.kernel.law.rules import Stands, clock_state
from portal.kernel.law.services import deadlines
from tests.law.factories import HouseRuleFactory, ProfileFactory

RECEIVED = datetime(2026, 11, 24, 19, 10, tzinfo=IST)
GRIEVANCE = ("IN-IT-RES", "IN-IT-RES-OLD", "IN-SPDI-GRV", "IN-DPDP-GRV")
OWNER = "grievances.ticket:OS-GR-TEST-0001"


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
def told(monkeypatch):
    """The owner of the clocks here: it can tell the person, and remembers what it told."""

    class Teller:
        def __init__(self):
            self.heard = []

        def owns(self, owner):
            return True

        def extended(self, clock, *, text, actor, now):
            self.heard.append((clock.rule_key, clock.extended_by.key, clock.extended_because, text))
            return True

    teller = Teller()
    monkeypatch.setattr(ports.clock_owners, "_items", [teller])
    return teller.heard


def keys(found):
    return [clock.rule_key for clock in found]


def test_a_grievance_today_runs_under_it_rules_and_spdi_rules_strictest_first(start):
    found = start()
    assert keys(found) == ["grievances.answer", "IN-IT-RES", "IN-SPDI-GRV"]
    assert found[1].due_at == datetime(2026, 12, 1, 23, 59, 59, tzinfo=IST)
    assert found[2].due_at == datetime(2026, 12, 24, 23, 59, 59, tzinfo=IST)


def test_from_13_may_2027_the_dpdp_act_takes_the_place_of_the_spdi_rules(start):
    assert "IN-SPDI-GRV" in keys(start(owner="a:1", started_at=datetime(2027, 5, 12, 23, 0, tzinfo=IST)))
    later = keys(start(owner="a:2", started_at=datetime(2027, 5, 13, 0, 30, tzinfo=IST)))
    assert "IN-DPDP-GRV" in later
    assert "IN-SPDI-GRV" not in later


def test_the_it_rules_apply_while_nobody_decided_shown_as_unconfirmed(start):
    assert next(clock for clock in start() if clock.rule_key == "IN-IT-RES").is_confirmed is False
    ProfileFactory(intermediary="yes")
    assert next(clock for clock in start(owner="a:2") if clock.rule_key == "IN-IT-RES").is_confirmed is True


def test_the_it_rules_do_not_apply_once_the_profile_says_no(start):
    ProfileFactory(intermediary="no")
    assert keys(start(rule_keys=GRIEVANCE)) == ["grievances.answer", "IN-SPDI-GRV"]


def test_a_right_exercised_from_the_eu_runs_under_the_gdpr(start):
    found = start(kind="request", regimes=["EU", "IN"], zone="Europe/Berlin")
    assert set(keys(found)) == {"EU-12-1M", "requests.answer"}


def test_starting_twice_starts_once(start):
    first, second = start(), start()
    assert [clock.pk for clock in first] == [clock.pk for clock in second]
    assert AuditEvent.objects.filter(kind="law.clock.started").count() == 1
    assert ClockEvent.objects.count() == 3


def test_a_kind_without_a_plan_needs_its_rules_named(start):
    with pytest.raises(NotFound):
        start(kind="weather")
    assert keys(start(kind="weather", rule_keys=["IN-SPDI-GRV"])) == ["IN-SPDI-GRV"]


def test_a_clock_keeps_the_version_it_was_started_under(start):
    before = next(clock for clock in start() if clock.rule_key == "grievances.answer")
    HouseRuleFactory(key="grievances.answer", version=2, amount=1, effective_from=date(2026, 1, 1), pauses=True)
    after = next(clock for clock in start(owner="a:2") if clock.rule_key == "grievances.answer")
    before.refresh_from_db()
    assert (before.rule.version, after.rule.version) == (1, 2)
    assert after.due_at < before.due_at


def test_only_promises_pause_the_law_runs_on(start, actor):
    start()
    paused = deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    assert keys(paused) == ["grievances.answer"]
    assert {clock.rule_key: clock.state for clock in Clock.objects.all()} == {
        "grievances.answer": "paused",
        "IN-IT-RES": "running",
        "IN-SPDI-GRV": "running",
    }


def test_a_resumed_clock_moves_by_its_pause(start, actor):
    before = start()[0].due_at
    deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    (clock,) = deadlines.resume(owner=OWNER, at=RECEIVED + timedelta(days=3), actor=actor)
    assert clock.due_at == before + timedelta(days=2)
    assert clock.state == "running"
    assert clock.next_at > RECEIVED


def test_stopping_freezes_every_clock_of_the_owner_and_no_other(start, actor):
    start()
    start(owner="a:2")
    at = RECEIVED + timedelta(days=2)
    deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    stopped = deadlines.stop(owner=OWNER, at=at, actor=actor)
    assert {clock.stopped_at for clock in stopped} == {at}
    assert Clock.objects.filter(state="stopped").count() == 3
    assert Clock.objects.filter(owner=OWNER, next_at__isnull=False).count() == 0
    assert deadlines.stop(owner=OWNER, at=at, actor=actor) == []
    assert AuditEvent.objects.filter(kind="law.clock.stopped").count() == 1


def test_a_stopped_clock_may_be_started_anew(start, actor):
    start()
    deadlines.stop(owner=OWNER, at=RECEIVED, actor=actor)
    assert len(start(started_at=RECEIVED + timedelta(days=9))) == 3


def test_an_extension_counts_from_receipt_and_only_before_the_end(start, actor, told):
    clock = next(c for c in start(kind="request", regimes=["EU"]) if c.rule_key == "EU-12-1M")
    ask = {"rule_key": "EU-12-EXT", "actor": actor, "reason_code": "complex"}
    with pytest.raises(Refused, match="period is over"):
        deadlines.extend(clock=clock, at=clock.due_at + timedelta(seconds=1), **ask)
    longer = deadlines.extend(clock=clock, at=RECEIVED + timedelta(days=20), **ask)
    assert longer.due_at == datetime(2027, 2, 24, 23, 59, 59, tzinfo=IST)
    assert told == [("EU-12-1M", "EU-12-EXT", "complex", "")]
    with pytest.raises(Refused, match="no later date"):
        deadlines.extend(clock=clock, at=RECEIVED + timedelta(days=20), **ask)


def test_a_period_is_extended_up_to_the_end_of_its_last_second(start, actor, told):
    clock = next(c for c in start(kind="request", regimes=["EU"]) if c.rule_key == "EU-12-1M")
    at = clock.due_at + timedelta(milliseconds=999)
    assert not clock_state(clock, at).is_late
    deadlines.extend(clock=clock, rule_key="EU-12-EXT", at=at, actor=actor, reason_code="complex")
    assert told == [("EU-12-1M", "EU-12-EXT", "complex", "")]


def test_nothing_is_extended_that_the_person_is_not_told_of(start, actor, monkeypatch):
    clock = next(c for c in start(kind="request", regimes=["EU"]) if c.rule_key == "EU-12-1M")
    monkeypatch.setattr(ports.clock_owners, "_items", [])
    with pytest.raises(Refused) as refused, transaction.atomic():
        deadlines.extend(
            clock=clock, rule_key="EU-12-EXT", at=RECEIVED + timedelta(days=1), actor=actor, reason_code="complex"
        )
    assert refused.value.code == "NOT_TOLD"
    clock.refresh_from_db()
    assert clock.extended_by is None


@pytest.mark.parametrize(
    ("key", "by", "reason", "code"),
    [
        ("IN-IT-RES", "EU-12-EXT", "complex", "NO_EXTENSION"),
        ("IN-SPDI-GRV", "IN-DPDP-GRV", "complex", "NO_EXTENSION"),
        ("EU-12-1M", "CA-EXT", "complex", "NO_EXTENSION"),
        ("EU-12-1M", "EU-12-EXT", "holidays", "NO_REASON"),
        ("CA-RESP", "CA-EXT", "", "NO_REASON"),
    ],
)
def test_only_the_laws_own_extension_and_its_reasons_lengthen_a_period(start, actor, told, key, by, reason, code):
    (clock,) = start(kind="none", rule_keys=[key], regimes=["IN", "EU", "US-CA"])
    with pytest.raises(Refused) as refused:
        deadlines.extend(clock=clock, rule_key=by, at=RECEIVED + timedelta(hours=1), actor=actor, reason_code=reason)
    assert refused.value.code == code
    assert told == []


def test_california_has_ninety_days_from_receipt_once_extended(start, actor, told):
    clock = next(c for c in start(kind="request", regimes=["US-CA"]) if c.rule_key == "CA-RESP")
    deadlines.extend(clock=clock, rule_key="CA-EXT", at=clock.target_at, actor=actor, reason_code="many")
    assert clock.due_at == datetime(2027, 2, 22, 23, 59, 59, tzinfo=IST)
    assert told == [("CA-RESP", "CA-EXT", "many", "")]


def test_for_a_client_we_have_its_word_to_pass_on_and_no_period_of_the_law(start):
    found = start(role="processor")
    assert keys(found) == ["clients.pass_on"]
    assert found[0].due_at == RECEIVED + timedelta(hours=24)


def test_a_clock_that_stands_still_when_it_is_stopped_is_later_by_that_time(start, actor):
    start()
    deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    at = RECEIVED + timedelta(days=11)
    promise = next(c for c in deadlines.stop(owner=OWNER, at=at, actor=actor) if c.rule_key == "grievances.answer")
    promise.refresh_from_db()
    assert promise.due_at == datetime(2026, 12, 9, 23, 59, 59, tzinfo=IST)
    assert clock_state(promise, at + timedelta(days=400)).stands is Stands.MET


def test_what_was_stopped_late_keeps_the_reason_and_what_was_not_has_none(start, actor):
    start()
    stopped = deadlines.stop(owner=OWNER, at=RECEIVED + timedelta(days=9), actor=actor, late_because="complex")
    assert {clock.rule_key: clock.late_because for clock in stopped} == {
        "grievances.answer": "complex",
        "IN-IT-RES": "complex",
        "IN-SPDI-GRV": "",
    }


def test_no_event_of_a_clock_names_a_person(start):
    start()
    event = AuditEvent.objects.get(kind="law.clock.started")
    assert set(event.facts) == {"owner", "kind", "rules", "started_at", "due_at", "dues"}


def test_the_database_refuses_a_clock_without_a_rule_or_with_dates_out_of_order(start):
    start()
    clock = Clock.objects.first()
    for wrong in ({"legal_rule": None, "house_rule": None}, {"target_at": clock.due_at + timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Clock.objects.filter(pk=clock.pk).update(**wrong)


def test_the_explanation_names_receipt_rule_first_day_pause_and_doubt(start, actor):
    start()
    deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    (promise,) = deadlines.resume(owner=OWNER, at=RECEIVED + timedelta(days=3), actor=actor)
    law = Clock.objects.get(rule_key="IN-IT-RES")
    with translation.override("en"):
        assert explanations.how_we_worked_out(promise) == [
            "We received it on 24 November 2026 at 19:10 (Indian time).",
            "We promise to do it within 5 days.",
            "The day of receipt is not counted: the first day is 25 November 2026. Weekends and holidays count.",
            "It stood still for 2 days while we waited for you. A day that ended while we waited does not count.",
            "So it is due by the end of 1 December 2026.",
        ]
        said = explanations.how_we_worked_out(law)
    assert "r.3(2)(a)(i), gives us 7 days." in said[1]
    assert "not settled" in said[-1]


@pytest.mark.parametrize(
    ("asked_at", "waited", "days"),
    [
        ((12, 0), timedelta(seconds=19), 0),
        ((9, 0), timedelta(hours=14, minutes=59), 0),
        ((20, 0), timedelta(hours=10), 1),
        ((23, 59), timedelta(hours=24), 1),
        ((12, 0), timedelta(hours=48), 2),
    ],
)
def test_a_promise_of_days_moves_by_the_days_that_ended_while_we_waited(start, actor, asked_at, waited, days):
    before = {clock.rule_key: clock.due_at for clock in start()}
    asked = (RECEIVED + timedelta(days=1)).replace(hour=asked_at[0], minute=asked_at[1])
    deadlines.pause(owner=OWNER, at=asked, actor=actor)
    (promise,) = deadlines.resume(owner=OWNER, at=asked + waited, actor=actor)
    assert promise.due_at == before[promise.rule_key] + timedelta(days=days)
    with translation.override("en"):
        said = " ".join(explanations.how_we_worked_out(promise))
    assert ("was paused" in said) == bool(days)


def test_a_clock_of_an_appeal_or_a_new_look_does_not_say_that_it_was_received_then(start):
    found = start(owner=f"{OWNER}/2")
    with translation.override("en"):
        assert {explanations.how_we_worked_out(clock)[0] for clock in found} == {
            "It counts from 24 November 2026 at 19:10 (Indian time)."
        }


def test_an_hour_clock_is_explained_to_the_minute(start):
    (clock,) = (c for c in start(kind="acknowledge") if c.rule_key == "IN-IT-ACK")
    with translation.override("en"):
        said = explanations.how_we_worked_out(clock)
    assert "The time runs without a break, on weekends and holidays too." in said
    assert "So it is due at 19:10 on 25 November 2026." in said


def test_an_explanation_of_working_days_and_of_an_extension(start, actor, told):
    (working,) = (c for c in start(kind="kyc") if c.rule_key == "kyc.check")
    request = next(c for c in start(kind="request", owner="a:3", regimes=["EU"]) if c.rule_key == "EU-12-1M")
    longer = deadlines.extend(
        clock=request, rule_key="EU-12-EXT", at=RECEIVED + timedelta(days=1), actor=actor, reason_code="complex"
    )
    with translation.override("en"):
        assert any("Only Monday to Friday count" in text for text in explanations.how_we_worked_out(working))
        assert any("It was extended" in text for text in explanations.how_we_worked_out(longer))


def test_a_paused_clock_says_that_it_waits(start, actor):
    start()
    (paused,) = deadlines.pause(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    with translation.override("en"):
        assert any("paused until what was asked for" in text for text in explanations.how_we_worked_out(paused))


def test_times_in_utc_and_in_india_are_the_same_start(start):
    one = start(owner="a:1")
    other = start(owner="a:2", started_at=RECEIVED.astimezone(UTC))
    assert [clock.due_at for clock in one] == [clock.due_at for clock in other]


def test_an_extension_that_comes_after_a_stop_changes_nothing(start, actor):
    (clock,) = start(rule_keys=["EU-12-1M"], kind="none", regimes=["EU"])
    deadlines.stop(owner=OWNER, at=RECEIVED + timedelta(days=1), actor=actor)
    with pytest.raises(LostRace):
        deadlines.extend(
            clock=clock, rule_key="EU-12-EXT", at=RECEIVED + timedelta(days=2), actor=actor, reason_code="complex"
        )
    clock.refresh_from_db()
    assert (clock.extended_by, clock.next_at) == (None, None)
