"""The list of controls: what shows each, how old that is, and how it stands."""

from datetime import date, datetime, timedelta

import pytest

from portal.core import clock
from portal.evidence import controls
from portal.evidence.controls import Fresh
from portal.evidence.promises import Map, Seen, Shown, State, promises
from portal.law.models import Clock, LegalRule
from portal.law.states import ClockState, Ended
from portal.registers.models import Measure
from tests.evidence.policy import published_policy
from tests.law.factories import ClockFactory
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.registers.entered import agreed
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=clock.IST)
PAGE = "/admin/evidence/controls/"


@pytest.fixture
def rule(db):
    every_rule()
    return LegalRule.objects.get(key="IN-SPDI-GRV")


def ran(rule, *, started, due, stopped=None):
    state = {"state": ClockState.STOPPED, "stopped_at": stopped, "ended": Ended.DONE} if stopped else {}
    return ClockFactory(legal_rule=rule, rule_key=rule.key, started_at=started, due_at=due, **state)


def of_law(rule, now=NOW):
    return next(row for row in controls.of_law(Clock.objects.all(), now=now) if row.code == rule.key)


@pytest.mark.parametrize(
    ("answers", "last", "state"),
    [
        ([Seen(is_so=True, at=NOW)], NOW, Fresh.FRESH),
        ([Seen(is_so=True, at=NOW), Seen(is_so=False, at=NOW)], NOW, Fresh.STALE),
        ([Seen(is_so=True, at=NOW), Seen(is_so=False)], NOW, Fresh.MISSING),
        ([Seen(is_so=True)], None, Fresh.MISSING),
    ],
)
def test_a_promise_is_as_fresh_as_its_worst_answer(answers, last, state):
    assert controls.of_answers(answers, last) == state


def promised(seen, why="", state=State.RED):
    promise = next(each for each in promises() if each.key == "0-4")
    dates = [one.at for one in seen if one.at is not None]
    shown = Shown(promise, state, max(dates, default=None), list(zip(promise.asks, seen, strict=True)), why)
    return controls.of_map(Map([shown], [], None, NOW), now=NOW)[0]


def test_a_promise_says_why_it_is_missing_or_stale_and_how_old_that_part_is():
    old = NOW - timedelta(days=400)
    row = promised([Seen(is_so=False, at=old, says="The last one counted until 1 Nov 2026."), Seen(is_so=True, at=NOW)])
    assert (row.state, row.last, row.age) == (Fresh.STALE, old, 400)
    assert row.note.startswith("Too old or in part: “")
    assert "counted until 1 Nov" in row.note
    assert "rows people" not in row.note
    row = promised([Seen(is_so=False), Seen(is_so=True, at=NOW)])
    assert (row.state, row.last, row.note[:11]) == (Fresh.MISSING, None, "Missing: “E")


def test_what_the_policy_does_not_state_is_not_fresh():
    row = promised([Seen(is_so=True, at=NOW)] * 2, "The policy in force has no clause 6.5.", State.NOT_STATED)
    assert (row.state, row.note) == (Fresh.NOT_STATED, "The policy in force has no clause 6.5.")
    assert promised([Seen(is_so=True, at=NOW)] * 2, "No policy is published.").state == Fresh.MISSING


def test_controls_and_the_policy_map_count_the_same(rule):
    published_policy(("0",))
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    found, part = desk.get("/admin/evidence/promises/").context["found"], desk.get(PAGE).context["parts"][0]
    assert part.counts["fresh"] == found.counts["kept"]
    assert part.counts["not_stated"] == found.counts["not stated"] > 0
    assert part.counts["stale"] + part.counts["missing"] + len(found.unnamed) == found.counts["red"]
    assert f"It counts {len(found.unnamed)} more" in part.about


def test_every_promise_of_the_policy_is_a_control(rule):
    assert [row.code for row in controls.of_policy(now=NOW)] == [promise.key for promise in promises()]


def test_a_measure_is_fresh_until_its_evidence_is_older_than_our_rule(rule):
    row = agreed(Measure)
    Measure.objects.filter(pk=row.pk).update(starts_at=NOW - timedelta(days=900), evidence_on=date(2026, 11, 1))

    def stands(at):
        return next(one for one in controls.of_measures(now=at) if one.code == row.code)

    assert (stands(NOW).state, stands(NOW).age) == (Fresh.FRESH, 19)
    assert stands(NOW + timedelta(days=365)).state == Fresh.STALE
    Measure.objects.filter(pk=row.pk).update(evidence_on=None)
    assert (stands(NOW).state, stands(NOW).age) == (Fresh.MISSING, None)


def test_a_duty_of_law_is_shown_by_the_clocks_that_ended_under_it(rule):
    assert of_law(rule).state == Fresh.MISSING
    ran(rule, started=NOW - timedelta(days=600), due=NOW - timedelta(days=500), stopped=NOW - timedelta(days=500))
    assert of_law(rule).state == Fresh.STALE
    ran(rule, started=NOW - timedelta(days=9), due=NOW - timedelta(days=4), stopped=NOW - timedelta(days=3))
    found = of_law(rule)
    assert (found.state, found.age, found.note) == (Fresh.FRESH, 3, "1 in time, 1 late, 0 overdue.")
    ran(rule, started=NOW - timedelta(days=9), due=NOW - timedelta(days=1))
    assert of_law(rule).state == Fresh.MISSING


def test_the_page_links_each_control_to_its_evidence(rule):
    Measure.objects.filter(pk=agreed(Measure).pk).update(starts_at=NOW - timedelta(days=900))
    page = staff_client(StaffFactory(roles=["data_protection_officer"])).get(PAGE).text
    assert "rule_key=IN-SPDI-GRV" in page
    assert f"/admin/registers/measure/{Measure.objects.get().pk}/change/" in page
    assert "/admin/consent/consentevent/" in page


def test_an_auditor_sees_the_clocks_of_their_days_and_no_part_of_another_area(rule):
    ran(rule, started=NOW - timedelta(days=9), due=NOW - timedelta(days=2), stopped=NOW - timedelta(days=3))
    days = {"data_from": date(2026, 11, 12), "data_to": date(2026, 11, 20)}
    user, narrow = StaffFactory(), StaffFactory()
    RoleGrantFactory(user=user, role=shipped_role("auditor"), **days)
    RoleGrantFactory(user=narrow, role=shipped_role("auditor"), areas=["kyc"], **days)
    parts = staff_client(user).get(PAGE).context["parts"]
    assert [str(part.title) for part in parts][2] == "Duties of law that count time"
    assert next(row for row, _links in parts[2].rows if row.code == rule.key).state == Fresh.MISSING
    assert len(staff_client(narrow).get(PAGE).context["parts"]) == 1
