"""An auditor's login in the admin: its days on every page and in every list, nothing changed, everything read written down."""

from datetime import date, datetime

import pytest
from django.urls import reverse

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.jobs import audited_export
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.services import runner
from tests.grievances.factories import ticket
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
LIST = "/admin/grievances/ticket/"


TAKEN = {"file_format": "csv", "reason": "The yearly audit", "export": "yes"}


def on(day):
    return datetime(2026, 10, day, 12, tzinfo=clock.IST)


@pytest.fixture
def auditor():
    """A browser of an auditor who sees October."""
    user = StaffFactory()
    RoleGrantFactory(
        user=user,
        role=shipped_role("auditor"),
        data_from=date(2026, 10, 1),
        data_to=date(2026, 10, 15),
        ends_at=datetime(2199, 1, 1, tzinfo=clock.IST),
    )
    return staff_client(user)


@pytest.fixture
def tickets():
    return [ticket(at=on(day)) for day in (14, 16)]


def reads():
    return AuditEvent.objects.filter(kind=AuditKind.ADMIN_PAGE_READ).order_by("pk")


@pytest.mark.parametrize("path", ["/admin/", LIST, "/admin/evidence/", "/admin/evidence/reports/", "/admin/help/"])
def test_every_page_says_which_days_it_shows(auditor, path):
    page = auditor.get(path).text
    assert "You see data from 1 Oct 2026 to 15 Oct 2026, masked." in page
    assert "You see data from" not in staff_client(StaffFactory(roles=["data_protection_officer"])).get(path).text


def test_a_list_a_record_and_a_search_show_the_days_alone(auditor, tickets):
    inside, outside = tickets
    page = auditor.get(LIST).text
    assert inside.reference in page
    assert outside.reference not in page
    assert auditor.get(f"{LIST}{inside.pk}/change/").status_code == 200
    assert auditor.get(f"{LIST}{outside.pk}/change/").status_code in {302, 404}
    found = auditor.post("/admin/go/", {"find": outside.reference}).text
    assert f"{outside.pk}/change/" not in found
    led_to = auditor.post("/admin/go/", {"find": inside.reference}).headers["Location"]
    assert led_to == f"{LIST}{inside.pk}/change/"


def test_a_list_taken_away_holds_the_days_alone(auditor, tickets):
    answer = auditor.post(f"{LIST}export/", TAKEN)
    taken = b"".join(answer.streaming_content).decode()
    assert tickets[0].reference in taken
    assert tickets[1].reference not in taken


def test_a_long_list_that_a_worker_writes_holds_the_days_alone_and_its_page_opens(auditor, tickets, monkeypatch):
    monkeypatch.setattr(audited_export, "AT_ONCE", 0)
    page = auditor.post(f"{LIST}export/", TAKEN)["Location"]
    row = ListExport.objects.get()
    assert runner.run(row.job_id, now=clock.now()) == JobState.DONE
    assert "0 running, 1 file to download" in auditor.get("/admin/").text
    assert "Fetch ticket-" in auditor.get(page).text
    taken = b"".join(auditor.get(f"/admin/jobs/job/{row.job_id}/result/").streaming_content).decode()
    assert tickets[0].reference in taken
    assert tickets[1].reference not in taken
    assert auditor.get(f"/admin/jobs/listexport/{row.pk}/change/").status_code == 200


def test_an_auditor_takes_an_export_back(auditor, tickets, monkeypatch):
    monkeypatch.setattr(audited_export, "AT_ONCE", 0)
    auditor.post(f"{LIST}export/", TAKEN)
    job = Job.objects.get()
    assert auditor.post(f"/admin/jobs/job/{job.pk}/do/take-back/", {"answer": "yes"}).status_code == 200
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_each_page_that_an_auditor_reads_is_an_audit_event(auditor, tickets):
    auditor.get(f"{LIST}?kind__exact=grievance")
    auditor.get(f"{LIST}{tickets[0].pk}/change/")
    listed, opened = reads()
    assert listed.facts == {"page": "admin:grievances_ticket_changelist", "object": None}
    assert audit.personal_of(listed)["values"]["query"] == "kind__exact=grievance"
    assert opened.facts == {"page": "admin:grievances_ticket_change", "object": str(tickets[0].pk)}


def test_the_pages_of_others_are_not_written_down_one_by_one(tickets):
    staff_client(StaffFactory(roles=["data_protection_officer"])).get(LIST)
    assert not reads().exists()


@pytest.mark.parametrize(
    "path",
    [
        "/admin/people/user/add/",
        "/admin/people/absence/add/",
        f"{LIST}",
        "/admin/system/",
        "/admin/people/rolegrant/do/propose-end/",
        "/admin/kyc/document/",
    ],
)
def test_an_auditor_sends_nothing_that_changes_anything(auditor, path):
    assert auditor.post(path, {"action": "propose-end", "_selected_action": "1"}).status_code == 403


def test_a_page_that_counts_other_days_is_shut(auditor):
    assert auditor.get(reverse("admin:chart-file", args=["kyc-states"])).status_code == 403


def test_the_room_counts_no_report_and_makes_no_pack_of_other_days(auditor):
    asked = {"first_day": "2026-10-01", "last_day": "2026-10-16"}
    report = auditor.get("/admin/evidence/reports/grievances/", asked)
    assert report.status_code == 422
    assert "Your login shows data from 1 Oct 2026 to 15 Oct 2026." in report.text
    assert auditor.get("/admin/evidence/reports/grievances/").status_code == 200
    pack = auditor.post("/admin/evidence/", {**asked, "sample": "1", "seed": "1"})
    assert pack.status_code == 422


def test_the_past_is_asked_of_the_days_alone(auditor):
    path = reverse("admin:consent_consentevent_as-of")
    asked = {"purpose": "marketing"}
    assert auditor.post(path, {**asked, "at": "16-10-2026 12:00"}).status_code == 403
    assert auditor.post(path, {**asked, "at": "15-10-2026 12:00"}).status_code in {200, 422}


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_whose_role_has_ended_reads_so_on_today_and_on_the_page_that_does_not_open(role):
    user = StaffFactory()
    ended = {"data_from": date(2026, 10, 1), "data_to": date(2026, 10, 15)} if role == "auditor" else {}
    RoleGrantFactory(
        user=user,
        role=shipped_role(role),
        starts_at=datetime(2025, 12, 15, tzinfo=clock.IST),
        ends_at=datetime(2026, 1, 12, 9, tzinfo=clock.IST),
        **ended,
    )
    browser = staff_client(user)
    said = f"Your role {shipped_role(role).label} ended on 12 Jan 2026."
    refused = browser.get("/admin/evidence/")
    assert refused.status_code == 403
    assert said in refused.text
    assert said in browser.get("/admin/").text
    RoleGrantFactory(user=user, role=shipped_role(role), **ended)
    assert said not in staff_client(user).get("/admin/").text
    nobody = staff_client(StaffFactory()).get("/admin/evidence/")
    assert "ended on" not in nobody.text
