"""Reports: what was done in some days, in numbers; of whole months, as they were then."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pikepdf
import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from grievances.tickets.services import resolutions
from portal.fronts.evidence import monthly_reports
from portal.fronts.evidence.models import MonthlyReport
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports import REPORTS
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, answers, clock
from portal.kernel.law.choices import LawfulBasis
from portal.kernel.people.models import RoleGrant
from portal.kernel.people.services import staff
from portal.kernel.registers.models import (
    AuthorityOrder,
    Disclosure,
    IncidentDecision,
    IncidentLetter,
    IncidentPerson,
    IncidentSearch,
)
from portal.kernel.retention.models import ErasureRun, ErasureStep
from tests.consent.factories import person, published_notice, said
from tests.evidence.packed import NOVEMBER, OCTOBER
from tests.grievances.conftest import house, officer
from tests.grievances.factories import STRANGER, ticket
from tests.kyc.conftest import same_process
from tests.kyc.factories import answered, checked, proposed
from tests.people.factories import CustomerFactory, StaffFactory
from tests.registers.factories import opened_incident, two_people
from tests.retention.factories import hold
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "officer", "same_process"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def today():
    return Period.of(clock.day(clock.now()), clock.day(clock.now()), now=clock.now() + timedelta(minutes=1))


def rows_of(code, title, period=None):
    """The rows of one table of a report, by their first cell."""
    [table] = [one for one in REPORTS[code].tables(period or today()) if str(one.title) == title]
    return {row[0]: list(row[1:]) for row in table.rows}


@pytest.fixture
def auditor():
    return StaffFactory(roles=["auditor"])


def test_a_grievance_counts_where_it_came_why_it_closed_and_with_its_deadlines(officer):
    now = clock.now()
    received = now - timedelta(days=1)
    first, _second = ticket(at=received), ticket(at=received, email="ravi@example.in")
    who = actor.staff(officer.pk)
    resolutions.propose(ticket=first, text="It was our mistake.", by=officer, actor=who, at=now)
    resolutions.accept(ticket=first, actor=STRANGER, at=now)
    first.root_cause = "our_mistake"
    first.save(update_fields=["root_cause"])
    both = Period.of(clock.day(received), clock.day(now), now=now + timedelta(minutes=1))
    assert rows_of("grievances", "By the way they came", both)["Page, without signing in"] == [2]
    assert rows_of("grievances", "Why they were closed", both)["Settled"] == [1]
    assert rows_of("grievances", "What they came from", both)["A mistake of ours"] == [1]
    found = rows_of("grievances", "Deadlines", both).values()
    assert all(met and not late and not left for _code, met, late, left in found)
    assert {code for code, *_counts in found} >= {"IN-IT-ACK"}  # as the list of controls names the same rule
    later = Period.of(
        clock.day(now) + timedelta(days=50), clock.day(now) + timedelta(days=60), now=now + timedelta(days=61)
    )
    assert any(left for _code, _met, _late, left in rows_of("grievances", "Deadlines", later).values()), (
        "nobody worked on it"
    )
    before = Period.of(clock.day(now) - timedelta(days=9), clock.day(now) - timedelta(days=8), now=now)
    assert rows_of("grievances", "By the way they came", before)["Page, without signing in"] == [0]


def test_answers_count_by_what_was_said():
    published_notice()
    asha = person()
    for answer in ("given", "withdrawn"):
        said(asha, answer)
    names, heads = rows_of("consents", "By channel"), ["Yes", "No", "Withdrawn", "Ended", "Yes, again"]
    assert dict(zip(heads, names["SMS"], strict=True)) == {**dict.fromkeys(heads, 0), "Yes": 1, "Withdrawn": 1}


def test_a_document_counts_once_two_people_decided_with_the_hours_the_customer_waited(same_process):
    maker, checker = StaffFactory(roles=["kyc_maker"]), StaffFactory(roles=["kyc_checker"])
    document = checked(CustomerFactory(kind="individual"))
    proposal = proposed(document, maker)
    assert rows_of("kyc", "Documents decided") == {}
    answered(proposal, checker)
    document.sent_at = proposal.checked_at - timedelta(hours=3)
    document.save(update_fields=["sent_at"])
    assert rows_of("kyc", "Documents decided") == {"PAN card": [1, 0, 0, 3.0, 3.0]}


def test_an_incident_counts_from_when_it_was_entered():
    maker, _checker = two_people()
    incident = opened_incident(maker)
    assert rows_of("incidents", "Incidents")["Entered in the register"] == [1]
    incident.opened_at += timedelta(days=3)
    incident.save(update_fields=["opened_at"])
    assert rows_of("incidents", "Incidents")["Entered in the register"] == [0]


def test_holds_count_while_they_are_in_force():
    placed = hold(CustomerFactory().subject.ref)
    ever, at_end = "In force at any time of the period", "In force at its end"
    assert rows_of("retention", "Legal holds") == {"Placed": [1], "Released": [0], ever: [1], at_end: [1]}
    placed.released_at = clock.now()
    placed.save(update_fields=["released_at"])
    assert rows_of("retention", "Legal holds") == {"Placed": [1], "Released": [1], ever: [1], at_end: [0]}


def test_a_report_of_a_period_that_is_over_says_what_was_in_force_then_and_not_now():
    start = OCTOBER.start
    for placed_at, released_at in (
        (start - timedelta(days=40), None),
        (start - timedelta(days=40), start + timedelta(days=3)),
        (start - timedelta(days=40), OCTOBER.end + timedelta(days=3)),
        (start - timedelta(days=40), start),
        (OCTOBER.end, None),
    ):
        row = hold(CustomerFactory().subject.ref)
        row.placed_at, row.released_at = placed_at, released_at
        row.save(update_fields=["placed_at", "released_at"])
    found = rows_of("retention", "Legal holds", OCTOBER)
    assert (found["In force at any time of the period"], found["In force at its end"]) == ([3], [2])


def test_what_keeps_no_days_says_as_of_when_it_was_counted():
    with time_machine.travel(NOVEMBER, tick=False):
        for code, title in (
            ("kyc", "Cases"),
            ("logins", "Second factors of staff"),
            ("requests", "Requests about data"),
        ):
            [table] = [one for one in REPORTS[code].tables(OCTOBER) if str(one.title) == title]
            assert str(table.note).startswith("As of 3 Nov 2026, 09:00 IST"), title


def test_what_was_opened_counts_for_the_roles_held_then_and_for_its_purpose():
    member = StaffFactory(roles=["kyc_checker", "support"])
    for who in (member, StaffFactory()):
        about = {"about": "kyc.case:OS-KY-1", "subject_ref": None, "purpose": "support", "ticket": "kyc"}
        answers.record_opened.ask(actor=actor.staff(who.pk), **about)
    assert rows_of("access", "By role") == {"No role": [1, 0], "KYC checker, Support": [1, 0]}
    assert rows_of("access", "Records opened, by purpose") == {"To support this person at their wish": [2]}
    assert rows_of("access", "By kind of record") == {"KYC cases": [2, 0]}


def test_a_login_that_left_is_no_more_among_the_active():
    leaver, boss = StaffFactory(), StaffFactory(roles=["administrator"])
    assert rows_of("logins", "Logins of staff at the end of the period")["Active"] == [2]
    staff.deactivate(user=leaver, actor=actor.staff(boss.pk), now=clock.now())
    assert rows_of("logins", "Logins of staff at the end of the period")["Active"] == [1]
    assert rows_of("logins", "Changes in the period")["Deactivated"] == [1]


def test_who_was_deactivated_after_the_period_holds_no_role_now():
    leaver, boss = StaffFactory(roles=["support"]), StaffFactory(roles=["administrator"])
    yesterday = clock.day(clock.now()) - timedelta(days=1)
    RoleGrant.objects.update(starts_at=clock.now() - timedelta(days=9))
    staff.deactivate(user=leaver, actor=actor.staff(boss.pk), now=clock.now())
    found = rows_of(
        "logins", "Logins of staff at the end of the period", Period.of(yesterday, yesterday, now=clock.now())
    )
    assert found["Deactivated with an active role"] == [0]


def test_a_role_counts_when_it_begins_also_where_it_was_agreed_to_before():
    """Held roles showed an auditor since that day, and the report had nothing to count."""
    StaffFactory(roles=["auditor"])
    RoleGrant.objects.update(granted_at=clock.now() - timedelta(days=400), starts_at=clock.now(), ends_at=None)
    found = rows_of("logins", "Changes in the period")
    assert (found["Roles agreed to"], found["Roles begun"], found["Roles ended"]) == ([0], [1], [0])


def test_the_reports_of_a_month_are_made_once_and_stay_as_they_were():
    ticket(at=clock.now() - timedelta(days=32))
    assert monthly_reports.make_reports(now=clock.now()) == len(REPORTS)
    assert monthly_reports.make_reports(now=clock.now()) == 0
    row = MonthlyReport.objects.get(code="grievances")
    event = AuditEvent.objects.get(kind="evidence.report.made", about=f"evidence.monthlyreport:{row.pk}")
    assert event.facts["sha256"] == row.sha256
    kept = [monthly_reports.as_row(table) for table in monthly_reports.as_tables(row)]
    assert kept == row.tables
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE evidence_monthlyreport SET sha256 = ''")


def test_a_month_that_was_missed_is_made_up_for():
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    two_months_ago = Period.month_before(Period.month_before(now).start)
    assert monthly_reports.make_reports(now=Period.month_before(now).start) == len(REPORTS)
    assert monthly_reports.make_reports(now=now.replace(day=28) + timedelta(days=10)) == 2 * len(REPORTS)
    assert MonthlyReport.objects.filter(first_day=two_months_ago.first_day).count() == len(REPORTS)
    assert MonthlyReport.objects.values("first_day").distinct().count() == 3


def test_what_a_law_keeps_each_night_is_counted_as_the_last_run_found_it():
    now = clock.now()
    for night, (state, erased) in enumerate([("done", 2), ("done", 1), ("stale", 0)]):
        run = ErasureRun.objects.create(
            reference=f"OS-ER-{night}", state=state, started_by="system", finished_at=now - timedelta(minutes=9 - night)
        )
        ErasureStep.objects.create(
            run=run, eraser="tests.one", retention_class="kyc", rule_version=1, rule_sha256="", due=100, kept_by_law=100,
            erased=erased, subjects_sha256="", finished_at=now,
        )  # fmt: skip
    assert rows_of("retention", "Records by class") == {"KYC documents of customers and resellers": [3, 100, 100, 0, 0]}


def test_whom_nothing_reaches_was_not_told():
    maker, _checker = two_people()
    incident = opened_incident(maker)
    search = IncidentSearch.objects.create(
        incident=incident, source="tests", asked_at=clock.now(), asked_by=StaffFactory(), done_at=clock.now()
    )
    agreed = IncidentDecision.objects.create(
        incident=incident, duty=incident.duties.first(), step="tell", made_by=StaffFactory(), made_at=clock.now()
    )
    for way in ("email", "none"):
        touched = IncidentPerson.objects.create(incident=incident, subject_ref=uuid4(), search=search)
        IncidentLetter.objects.create(person=touched, decision=agreed, told_at=clock.now(), way=way)
    counts = rows_of("incidents", "Incidents")
    assert (counts["Messages promised to people"], counts["People whom nothing reaches"]) == ([1], [1])


def test_what_an_authority_was_given_stands_among_no_recipients():
    for code, about in (("sms-gateway", "outbox.message:1"), ("authority-0a1b2c", f"{AuthorityOrder.OWNER}OS-AO-1")):
        Disclosure.objects.create(
            reference=f"OS-DI-{code[:3]}", recipient_code=code, subject_ref=uuid4(), purpose="transactional",
            basis=LawfulBasis.choices[0][0], about=about, disclosed_at=clock.now(),
        )  # fmt: skip
    assert set(rows_of("transparency", "Data handed to recipients")) == {"sms-gateway"}


def test_one_report_that_fails_stops_no_other(monkeypatch):
    def fails(period):
        raise DatabaseError

    broken = {**REPORTS, "kyc": replace(REPORTS["kyc"], tables=fails)}
    monkeypatch.setattr(monthly_reports, "REPORTS", broken)
    with pytest.raises(DatabaseError):
        monthly_reports.make_reports(now=clock.now())
    assert MonthlyReport.objects.count() == len(REPORTS) - 1
    monkeypatch.undo()
    assert monthly_reports.make_reports(now=clock.now()) == 1


def test_an_auditor_reads_each_report_and_takes_it_away(auditor):
    published_notice()
    said(person(), "given")
    monthly_reports.make_reports(now=clock.now())
    client = staff_client(auditor)
    page = client.get(reverse("evidence:reports")).text
    for report in REPORTS.values():
        address = reverse("evidence:report", args=[report.code])
        assert address in page
        assert client.get(address).status_code == 200
    address = reverse("evidence:report", args=["consents"])
    lines = list(csv.reader(io.StringIO(client.get(f"{address}?as=csv").text)))
    assert ["SMS", "1", "0", "0", "0", "0"] in lines
    with pikepdf.open(io.BytesIO(client.get(f"{address}?as=pdf").content)) as paper:
        assert len(paper.pages) >= 1
    assert AuditEvent.objects.filter(kind="export.list.made", about="export.list:evidence.report.consents").count() == 2
    row = MonthlyReport.objects.get(code="consents")
    assert row.sha256 in client.get(reverse("evidence:kept-report", args=[row.pk])).text
    assert client.get(reverse("evidence:kept-report", args=[row.pk]) + "?as=csv").status_code == 200


def test_days_that_make_no_period_are_named_beside_their_field_and_stay(auditor):
    client = staff_client(auditor)
    answer = client.get(reverse("evidence:report", args=["kyc"]), {"first_day": "2026-11-09", "last_day": "2026-11-02"})
    assert answer.status_code == 422
    assert "ends before it begins" in answer.text
    assert "2026-11-09" in answer.text


def test_a_report_opens_for_whoever_may_see_what_it_counts():
    client = staff_client(StaffFactory(roles=["grievance_officer"]))
    page = client.get(reverse("evidence:reports")).text
    assert reverse("evidence:report", args=["grievances"]) in page
    assert reverse("evidence:report", args=["logins"]) not in page
    assert client.get(reverse("evidence:report", args=["logins"])).status_code == 403
