"""The list of controls: the result of each, its cases, its owner and frameworks, and how old its evidence is."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.fronts.evidence import controls, legal_duties, pack_contents
from portal.fronts.evidence.catalogue import Catalogue, shipped
from portal.fronts.evidence.control_choices import ControlState
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.policy_commitments import Map, ask, promises
from portal.fronts.evidence.policy_commitments import policy_map as promise_map
from portal.fronts.evidence.verdicts import Attested, Seen, Shown, State
from portal.fronts.evidence.violations import Found, Window
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.jobs.models import ExportDownload, ListExport
from portal.kernel.law.cases import CasesAsked, cases_of
from portal.kernel.law.choices import ClockState, Ended
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.law.rules import is_late
from portal.kernel.people.models import Role
from portal.kernel.registers.base.choices import Control as MeasureControl
from portal.kernel.registers.models import Measure
from tests.evidence.policy import published_policy
from tests.law.factories import ClockFactory
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.registers.entered import agreed
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=clock.IST)
#: The month of the tests, over by now.
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
PAGE = "/admin/evidence/controls/"


@pytest.fixture
def rule(db):
    every_rule()
    return LegalRule.objects.get(key="IN-SPDI-GRV")


def ran(rule, *, started, due, stopped=None, **changes):
    state = {"state": ClockState.STOPPED, "stopped_at": stopped, "ended": Ended.DONE} if stopped else {}
    return ClockFactory(legal_rule=rule, rule_key=rule.key, started_at=started, due_at=due, **{**state, **changes})


def october(day):
    return datetime(2026, 10, day, 12, tzinfo=clock.IST)


def of_law(rule, period=OCTOBER):
    return next(row for row in legal_duties.of_law(Clock.objects.all(), period) if row.code == rule.key)


@pytest.mark.parametrize(
    ("answers", "last", "state"),
    [
        ([Seen(is_so=True, at=NOW)], NOW, ControlState.FRESH),
        ([Seen(is_so=True, at=NOW), Seen(is_so=False, at=NOW)], NOW, ControlState.STALE),
        ([Seen(is_so=True, at=NOW), Seen(is_so=False)], NOW, ControlState.MISSING),
        ([Seen(is_so=True)], None, ControlState.MISSING),
    ],
)
def test_a_promise_is_as_fresh_as_its_worst_answer(answers, last, state):
    assert controls.of_answers(answers, last) == state


def promised(seen, why="", state=State.NOT_SHOWN, key="3-5", **changes):
    promise = next(each for each in promises() if each.key == key)
    dates = [one.at for one in seen if one.at is not None]
    answers = list(zip(promise.asks, seen, strict=True))
    shown = Shown(promise, state, max(dates, default=None), answers, why, **changes)
    return controls.of_map(Map([shown], [], None, NOW, Window(NOW - timedelta(days=365), NOW)), now=NOW)[0]


YES = Seen(is_so=True, at=NOW)


def test_a_promise_is_met_or_missed_by_what_was_searched_and_links_to_what_breaks_it():
    met = promised([YES, YES], state=State.KEPT, found=[("deadlines_missed instruction", Found(7, 0, last=NOW))])
    assert (met.state, met.word, met.failed) == (ControlState.MET, "Met 7 of 7", ())
    broken = Found(7, 2, (("law.Clock", "3"), ("law.Clock", "5")), last=NOW)
    missed = promised([YES, YES], found=[("deadlines_missed instruction", broken)])
    assert (missed.state, missed.word) == (ControlState.MISSED, "Missed 2 of 7")
    assert missed.failed == ("clocks:3", "clocks:5")
    assert "found law.Clock 3,5" in missed.where
    nothing = promised([YES, YES], state=State.NO_CASE, found=[("deadlines_missed instruction", Found(0, 0))])
    assert (nothing.state, nothing.population) == (ControlState.NO_CASE, 0)


def test_searches_for_two_different_things_are_not_added_up_and_what_is_left_out_is_said():
    left = ("Left out: 5,194 consents that were imported.",)
    found = [
        ("consents_without_notice", Found(510, 0, last=NOW, left_out=left)),
        ("consents_of_children", Found(510, 0, last=NOW)),
    ]
    met = promised([YES, YES], state=State.KEPT, key="3-4", found=found)
    assert (met.word, met.population, met.note) == ("Met", None, left[0])
    assert [(one.broken, one.population) for _words, one in met.searched] == [(0, 510), (0, 510)]
    missed = promised([YES, YES], key="3-4", found=[found[0], ("consents_of_children", Found(3, 1, last=NOW))])
    assert (missed.word, missed.state) == ("Missed", ControlState.MISSED)


@pytest.mark.django_db
def test_requests_answered_in_time_are_evidence_that_requests_are_answered_in_time():
    """Their clocks are of the kinds rights_request and opt_out as well; without any nothing was to be done."""
    (question,) = (each for each in promise_of("9-2").asks if "kept_in_time" in each)
    assert not ask(question, now=NOW).is_so
    nothing = Shown(
        promise_of("9-2"), State.NOT_SHOWN, None, [(question, Seen(is_so=False))], found=[("x", Found(0, 0))]
    )
    assert nothing.lacking == []
    ClockFactory(
        kind="rights_request",
        started_at=NOW - timedelta(days=9),
        due_at=NOW - timedelta(days=1),
        state="stopped",
        ended="done",
        stopped_at=NOW - timedelta(days=2),
    )
    assert ask(question, now=NOW).is_so


def test_duties_of_law_are_asked_of_the_law_alone():
    for key in ("9-2", "15-2", "15-3"):
        assert promise_of(key).broken_by[0].startswith("legal_deadlines_missed ")
    assert "acknowledgements_sent_late" in promise_of("15-3").broken_by


def promise_of(key):
    return next(each for each in promises() if each.key == key)


def test_what_a_person_judges_is_as_fresh_as_the_attestation():
    judged = Attested(
        is_kept=True, on=date(2026, 11, 1), until=date(2027, 11, 1), by="Asha", sha256="", number=1, counts=True
    )
    seen = [YES, YES]
    fresh = promised(seen, state=State.KEPT, key="0-4", judged=judged)
    assert (fresh.state, fresh.age, fresh.is_judged) == (ControlState.FRESH, 19, True)
    assert fresh.note == "Judged by Asha on 1 Nov 2026."
    assert "attested 0-4" in fresh.where
    old = promised(seen, "It counted until then.", key="0-4", judged=replace(judged, counts=False))
    assert old.state == ControlState.STALE
    refused = promised(seen, "It is not kept.", key="0-4", judged=replace(judged, is_kept=False))
    assert (refused.state, refused.population) == (ControlState.MISSED, None)
    assert promised(seen, "No attestation was made.", key="0-4").state == ControlState.MISSING


def test_a_promise_says_why_it_is_missing_or_stale_and_how_old_that_part_is():
    old = NOW - timedelta(days=400)
    row = promised([Seen(is_so=False, at=old, says="The last one counted until 1 Nov 2026."), Seen(is_so=True, at=NOW)])
    assert (row.state, row.last, row.age) == (ControlState.STALE, old, 400)
    assert row.note.startswith("Too old or in part: “")
    assert "counted until 1 Nov" in row.note
    assert "rows consent" not in row.note
    row = promised([Seen(is_so=False), Seen(is_so=True, at=NOW)])
    assert (row.state, row.last, row.note[:11]) == (ControlState.MISSING, None, "Missing: “C")


def test_what_the_policy_does_not_state_is_not_fresh():
    row = promised([Seen(is_so=True, at=NOW)] * 2, "The policy in force has no clause 6.5.", State.NOT_STATED)
    assert (row.state, row.note) == (ControlState.NOT_STATED, "The policy in force has no clause 6.5.")
    assert promised([Seen(is_so=True, at=NOW)] * 2, "No policy is published.").state == ControlState.MISSING


def test_controls_and_the_policy_map_count_the_same(rule):
    published_policy(("0",))
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    found, part = desk.get("/admin/evidence/promises/").context["found"], desk.get(PAGE).context["parts"][0]
    counts = dict.fromkeys(ControlState, 0) | part.counts
    assert counts["met"] + counts["fresh"] == found.counts["kept"]
    assert counts["no_case"] == found.counts["no_case"]
    assert counts["not_stated"] == found.counts["not_stated"] > 0
    assert counts["missed"] + counts["stale"] + counts["missing"] + len(found.unnamed) == found.counts["not_shown"]
    assert f"It counts {len(found.unnamed)} more" in part.about


def test_every_promise_of_the_policy_is_a_control(rule):
    found = promise_map(now=NOW)
    assert [row.code for row in controls.of_map(found, now=NOW)] == [promise.key for promise in promises()]


def test_a_measure_is_fresh_until_its_evidence_is_older_than_our_rule(rule):
    row = agreed(Measure)
    Measure.objects.filter(pk=row.pk).update(starts_at=NOW - timedelta(days=900), evidence_on=date(2026, 11, 1))

    def stands(at):
        return next(one for one in controls.of_measures(now=at) if one.code == row.code)

    assert (stands(NOW).state, stands(NOW).age) == (ControlState.FRESH, 19)
    assert stands(NOW + timedelta(days=365)).state == ControlState.STALE
    Measure.objects.filter(pk=row.pk).update(evidence_on=None)
    assert (stands(NOW).state, stands(NOW).age) == (ControlState.MISSING, None)


def test_a_duty_that_never_arose_has_no_case_and_is_not_missing(rule):
    found = of_law(rule)
    assert (found.state, found.population, found.word) == (ControlState.NO_CASE, 0, "No case in the period")


def test_a_duty_counts_its_cases_of_the_period_and_names_those_it_missed(rule):
    ran(rule, started=october(1), due=october(20), stopped=october(5))
    found = of_law(rule)
    assert (found.state, found.met, found.missed, found.word) == (ControlState.MET, 1, 0, "Met 1 of 1")
    late = ran(rule, started=october(1), due=october(4), stopped=october(9))
    overdue = ran(rule, started=october(2), due=october(30))
    ran(rule, started=october(30), due=october(30) + timedelta(days=30))
    found = of_law(rule)
    assert (found.state, found.population, found.word) == (ControlState.MISSED, 3, "Missed 2 of 3")
    assert found.failed == (f"clocks:{late.pk}", f"clocks:{overdue.pk}")
    assert (found.running, found.note) == (1, "1 more is running and not due yet.")
    assert found.last == october(9)


def test_what_was_withdrawn_in_time_or_began_wrongly_is_no_case(rule):
    ran(rule, started=october(1), due=october(20), stopped=october(5), ended=Ended.WITHDRAWN)
    ran(rule, started=october(1), due=october(4), stopped=october(9), ended=Ended.CORRECTED)
    assert of_law(rule).state == ControlState.NO_CASE


def test_the_cases_of_a_month_stay_what_they_were_when_the_work_is_done_later(rule):
    row = ran(rule, started=october(1), due=october(20))
    before = of_law(rule)
    row.state, row.stopped_at, row.ended = ClockState.STOPPED, NOW, Ended.DONE
    row.save()
    after = of_law(rule)
    assert (before.state, before.missed, before.failed) == (after.state, after.missed, after.failed)
    assert after.state == ControlState.MISSED


@pytest.mark.parametrize("key", ["EU-8", "IN-CERT-180", "IN-TRAI-HOURS", "IN-TRAI-90D"])
def test_a_period_an_age_or_a_window_is_not_a_deadline(rule, key):
    found = of_law(LegalRule.objects.filter(key=key).latest("version"))
    assert (found.state, found.population) == (ControlState.NOT_A_DEADLINE, None)
    assert found.note


def test_a_deadline_for_which_no_clock_is_started_does_not_claim_that_there_was_no_case(rule):
    found = of_law(LegalRule.objects.get(key="EU-14"))
    assert (found.state, found.population, found.derived_from) == (ControlState.NOT_MEASURED, None, "")


def test_an_extended_deadline_is_a_case_of_both_rules(rule):
    first, longer = LegalRule.objects.get(key="EU-12-1M"), LegalRule.objects.get(key="EU-12-EXT")
    ran(first, started=october(1), due=october(20), stopped=october(5), extended_by=longer, extended_because="complex")
    assert (of_law(first).met, of_law(longer).met) == (1, 1)


def test_the_links_of_a_duty_lead_to_exactly_its_cases(rule):
    met = ran(rule, started=october(1), due=october(20), stopped=october(5))
    late = ran(rule, started=october(1), due=october(4), stopped=october(9))
    ran(rule, started=october(1) + timedelta(days=40), due=NOW + timedelta(days=1))
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    with time_machine.travel(NOW, tick=False):
        page = desk.get(PAGE, {"first_day": "2026-10-01", "last_day": "2026-10-31"})
        part = next(part for part in page.context["parts"] if part.code == "law")
        links = dict(next(links for row, links in part.rows if row.code == rule.key))
        for words, row in (("1 met", met), ("1 missed", late)):
            shown = desk.get(links[words]).context["cl"]
            assert [each.pk for each in shown.result_list] == [row.pk], words


@pytest.mark.parametrize("value", ["missed", "missed_IN-IT-RES_2026-10-01_x", "any_X_2026-10-01_2026-10-31"])
def test_a_list_of_cases_that_no_page_asks_for_is_refused(rule, value):
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    assert desk.get(reverse("admin:law_clock_changelist"), {"cases": value}).url.endswith("?e=1")


def test_each_duty_promise_and_kind_of_measure_has_a_topic_with_an_owner_that_is_a_role(rule):
    topics = shipped()["topics"]
    rules = LegalRule.objects.filter(binds="us").exclude(unit="none").values_list("key", flat=True)
    assert set(rules) <= set(shipped()["law"])
    assert set(MeasureControl.values) == set(shipped()["measures"])
    used = {*shipped()["law"].values(), *shipped()["measures"].values(), *(each.topic for each in promises())}
    assert used == set(topics)
    shipped_role("auditor")
    assert {each["owner"] for each in topics.values()} <= set(Role.objects.values_list("code", flat=True))


def test_a_requirement_that_nobody_compared_with_its_text_is_unconfirmed(rule):
    topic = Catalogue(on=date(2026, 11, 20)).of_rule("IN-SPDI-GRV")
    found = {one.framework: one for one in topic.references}
    assert set(found) == {"iso_27701", "dpdp", "spdi", "soc2"}
    assert (found["spdi"].where, found["spdi"].is_confirmed) == (rule.provision, rule.is_confirmed)
    assert [found[name].is_confirmed for name in ("iso_27701", "soc2", "dpdp")] == [False, False, False]
    assert all(one.source for one in topic.references)
    named = [key for each in shipped()["topics"].values() for name in ("dpdp", "spdi") for key in each.get(name, [])]
    assert set(named) <= set(LegalRule.objects.values_list("key", flat=True))


@time_machine.travel(NOW, tick=False)
def test_the_export_holds_each_control_and_is_in_the_register_of_exports(rule):
    late = ran(rule, started=october(1), due=october(4), stopped=october(9))
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    days = "?first_day=2026-10-01&last_day=2026-10-31"
    taken = desk.post(PAGE + days, {"file_format": "csv", "reason": "The yearly audit asks for it."})
    assert taken["content-type"] == "text/csv; charset=utf-8"
    rows = {row["code"]: row for row in csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig")))}
    row = rows[rule.key]
    assert (row["state"], row["population"], row["missed"], row["missed_rows"]) == (
        "missed",
        "1",
        "1",
        f"clocks:{late.pk}",
    )
    assert (row["owner"], row["derived_from"]) == ("grievance_officer", "registers/clocks")
    assert row["spdi"].startswith(rule.provision)
    assert "(unconfirmed)" in row["iso_27701"]
    kept = ListExport.objects.get()
    assert (kept.model, kept.file_format, kept.reason) == ("Controls", "csv", "The yearly audit asks for it.")
    assert kept.filters == days.removeprefix("?")
    assert kept.rows == len(rows) - 1  # the last line says who made the file
    assert AuditEvent.objects.filter(kind="export.list.made", facts__sha256=kept.sha256).exists()
    assert ExportDownload.objects.get().export == kept
    book = desk.post(PAGE + days, {"file_format": "xlsx", "reason": "The yearly audit asks for it."})
    with zipfile.ZipFile(io.BytesIO(book.content)) as sheets:
        assert rule.key in sheets.read("xl/worksheets/sheet1.xml").decode()


def test_an_export_without_a_reason_or_a_role_is_refused(rule):
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    assert desk.post(PAGE, {"file_format": "csv", "reason": ""}).status_code == 422
    shut = staff_client(StaffFactory(roles=["administrator"]))
    given = {"file_format": "csv", "reason": "The yearly audit asks for it."}
    assert shut.post(PAGE, given).status_code == 403
    assert not ListExport.objects.exists()


def test_the_controls_of_a_pack_say_their_state_counts_and_register(rule):
    late = ran(rule, started=october(1), due=october(4), stopped=october(9))
    found = json.loads(pack_contents.control_list(pack_contents.asked(OCTOBER), OCTOBER))
    assert found["about"]["start"] == clock.stamp(OCTOBER.start)
    row = next(row for row in found["law"] if row["code"] == rule.key)
    assert (row["state"], row["population"], row["met"], row["missed"]) == ("missed", 1, 0, 1)
    assert (row["missed_rows"], row["derived_from"]) == ([f"clocks:{late.pk}"], "registers/clocks")
    age = next(row for row in found["law"] if row["code"] == "EU-8")
    assert age["state"] == "not_a_deadline"
    assert "population" not in age
    wanting = pack_contents.unshown(pack_contents.asked(OCTOBER))
    assert [one.name for one in wanting if one.kind == "duty of law"] == [rule.key]
    assert next(one.why for one in wanting if one.name == rule.key) == "Missed 1 of 1."


def test_the_page_links_each_control_to_its_evidence(rule):
    Measure.objects.filter(pk=agreed(Measure).pk).update(starts_at=NOW - timedelta(days=900))
    page = staff_client(StaffFactory(roles=["data_protection_officer"])).get(PAGE).text
    assert f"/admin/law/legalrule/{rule.pk}/change/" in page
    assert f"/admin/registers/measure/{Measure.objects.get().pk}/change/" in page
    assert "/admin/consent/consentevent/" in page


def test_every_promise_that_rows_show_leads_to_them(rule):
    page = staff_client(StaffFactory(roles=["administrator", "data_protection_officer"])).get(PAGE)
    rows = page.context["parts"][0].rows
    assert {"3-2", "6.3-1", "6.4-1", "7-2"} <= {control.code for control, _links in rows}
    assert [control.code for control, links in rows if not links] == []


def test_an_auditor_sees_the_clocks_of_their_days_and_no_part_of_another_area(rule):
    ran(rule, started=NOW - timedelta(days=9), due=NOW - timedelta(days=2), stopped=NOW - timedelta(days=3))
    days = {"data_from": date(2026, 11, 12), "data_to": date(2026, 11, 20)}
    user, narrow = StaffFactory(), StaffFactory()
    RoleGrantFactory(user=user, role=shipped_role("auditor"), **days)
    RoleGrantFactory(user=narrow, role=shipped_role("auditor"), areas=["kyc"], **days)
    parts = staff_client(user).get(PAGE).context["parts"]
    assert [str(part.title) for part in parts][2] == "Duties of law that count time"
    assert next(row for row, _links in parts[2].rows if row.code == rule.key).state == ControlState.NO_CASE
    assert len(staff_client(narrow).get(PAGE).context["parts"]) == 1


class Laws(TestCase):
    """What the database counts is what plain Python says of each clock."""

    @given(
        st.lists(
            st.tuples(st.integers(-20, 50), st.integers(0, 30), st.none() | st.integers(0, 60), st.sampled_from(Ended)),
            max_size=8,
        )
    )
    def test_each_clock_is_one_kind_of_case_at_most_and_the_right_one(self, given_rows):
        period = Period(date(2026, 10, 1), date(2026, 10, 31))
        expected = {"met": set(), "missed": set(), "running": set()}
        for begin, length, taken, ended in given_rows:
            started = period.start + timedelta(days=begin)
            due, stopped = started + timedelta(days=length), None if taken is None else started + timedelta(days=taken)
            how = {"stopped_at": stopped, "state": ClockState.STOPPED, "ended": ended} if stopped else {}
            row = ClockFactory(started_at=started, due_at=due, target_at=due, outer_limit_at=due, **how)
            kind = kind_of(row, period)
            if kind:
                expected[kind].add(row.pk)
        found = cases_of(Clock.objects.all(), start=period.start, end=period.end)
        shown = {kind: set(getattr(found, kind).values_list("pk", flat=True)) for kind in expected}
        assert shown == expected

    @given(st.sampled_from(["met", "missed", "running"]), st.dates(), st.dates())
    def test_what_an_address_asks_for_is_read_as_it_was_written(self, kind, first_day, last_day):
        asked = CasesAsked(kind, "IN-IT-RES", first_day, last_day)
        assert CasesAsked.of(asked.value) == asked


def kind_of(row, period):
    """The oracle: what became of a clock by the end of the period."""
    is_over = row.stopped_at is not None and row.stopped_at < period.end
    if row.ended == Ended.CORRECTED or row.started_at >= period.end:
        return ""
    if row.stopped_at is not None and row.stopped_at < period.start:
        return ""
    if is_late(row.due_at, row.stopped_at if is_over else period.end):
        return "missed"
    if not is_over:
        return "running"
    return "" if row.ended == Ended.WITHDRAWN else "met"
