"""The pages of the one-person file: opened for a reason, narrowed, turned, and led to from records and searches."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from portal.fronts.evidence.models import PersonFile
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.jobs.services import runner
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.models import Principal
from portal.kernel.people.services import subjects
from tests.evidence.lives import Life
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

WHY = {"purpose": "audit", "ticket": "audit"}


@pytest.fixture
def life(db):
    """A person with some past; now is an hour later."""
    lived = Life().go("yes", "look", "hold", "ticket")
    with time_machine.travel(lived.now + timedelta(hours=1), tick=False):
        yield lived


def page_of(life) -> str:
    return reverse("evidence:person", args=[life.ref])


def opened(life, role="data_protection_officer"):
    client = staff_client(StaffFactory(roles=[role]))
    assert client.post(page_of(life), WHY).status_code == 302
    return client


def test_the_file_asks_why_and_writes_the_answer_down(life):
    client = staff_client(StaffFactory(roles=["auditor"]))
    before = AuditEvent.objects.filter(kind="admin.record.opened", subject_ref=life.ref).count()
    asked = client.get(page_of(life)).content.decode()
    assert "Hold placed" not in asked
    assert client.post(page_of(life), {"purpose": "", "ticket": ""}).status_code == 422
    assert AuditEvent.objects.filter(kind="admin.record.opened", subject_ref=life.ref).count() == before
    client.post(page_of(life), WHY)
    event = AuditEvent.objects.filter(kind="admin.record.opened", subject_ref=life.ref).latest("pk")
    assert (event.facts["purpose"], event.facts["ticket"]) == ("audit", "audit")
    assert "Hold placed" in client.get(page_of(life)).content.decode()


def test_as_of_an_hour_ago_it_shows_what_was_known_then(life):
    client = opened(life)
    at = life.seen[1][0].astimezone(clock.IST).strftime("%d-%m-%Y %H:%M")
    page = client.get(page_of(life), {"at": at})
    told = page.content.decode()
    assert "Record opened" in told
    assert "Hold placed" not in told
    assert {row["event"].act for row in page.context["events"]} == {"consent.answer.given", "admin.record.opened"}


def test_a_kind_narrows_it_and_a_time_to_come_or_a_damaged_place_is_refused(life):
    client = opened(life)
    page = client.get(page_of(life), {"kind": "holds"})
    assert [row["event"].act for row in page.context["events"]] == ["retention.hold.placed"]
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(clock.IST).strftime("%d-%m-%Y %H:%M")
    assert client.get(page_of(life), {"at": tomorrow}).status_code == 422
    assert client.get(page_of(life), {"behind": "x"}).status_code == 404


def test_its_pages_are_turned_with_the_same_time_and_kind(life, monkeypatch):
    monkeypatch.setattr(
        "portal.fronts.evidence.person.views.Timeline.page.__kwdefaults__", {"strands": None, "behind": "", "most": 2}
    )
    client = opened(life)
    seen, query = [], ""
    while True:
        page = client.get(f"{page_of(life)}?{query}")
        seen += [row["event"].number for row in page.context["events"]]
        query = page.context["next"]
        if not query:
            break
    assert len(seen) == len(set(seen)) == page.context["total"]


def test_a_reader_is_told_which_kinds_their_roles_leave_out(life):
    told = opened(life, "grievance_officer").get(page_of(life)).content.decode()
    assert "Your roles do not carry the right to read" in told
    assert "Record opened" not in told


def test_who_may_not_read_files_finds_it_shut(life):
    client = staff_client(StaffFactory(roles=["support"]))
    assert client.get(page_of(life)).status_code == 403
    assert client.post(page_of(life), WHY).status_code == 403
    officer = staff_client(StaffFactory(roles=["grievance_officer"]))
    assert officer.get(reverse("evidence:person-bundle", args=[life.ref])).status_code == 403


def test_an_auditor_is_shown_the_days_of_their_scope_alone(life):
    day = clock.day(life.now)
    scope = Scope(day, day)
    auditor = StaffFactory(roles=["auditor"])
    auditor.role_grants.update(**scope.columns())
    client = staff_client(auditor)
    with time_machine.travel(life.now + timedelta(days=3), tick=False):
        life.go("hold")
        client = staff_client(auditor)
        assert client.post(page_of(life), WHY).status_code == 302
        page = client.get(page_of(life))
        assert {clock.day(row["event"].known_at) for row in page.context["events"]} == {day}
        assert page.context["at"] == scope.end - timedelta(microseconds=1)
        assert client.get(page_of(life), {"at": f"{day:%d-%m-%Y} 11:31"}).status_code == 200
        other = day + timedelta(days=1)
        assert client.get(page_of(life), {"at": f"{other:%d-%m-%Y} 11:31"}).status_code == 403


def test_an_erased_person_and_one_whom_somebody_answers_for_are_marked(life):
    life.go("protect")
    subjects.end(life.who.subject, now=clock.now())
    told = opened(life).get(page_of(life)).content.decode()
    assert "This person was erased on" in told
    assert "someone else decides for this person" in told


def test_the_record_and_a_search_lead_to_it_for_who_may_read_it(life):
    for role, leads in (("data_protection_officer", True), ("support", False)):
        client = staff_client(StaffFactory(roles=[role]))
        record = reverse("admin:people_principal_change", args=[life.who.pk])
        client.post(record, {**WHY, "purpose": "support", "open_record": "1"})
        found = client.post(reverse("admin:go"), {"find": "asha@acme.example"}).content.decode()
        shown = client.get(record).content.decode()
        assert record in found
        assert (page_of(life) in shown, page_of(life) in found) == (leads, leads)


def test_a_bundle_is_asked_for_signed_and_fetched_on_its_pages(life, transactional_db):
    maker, checker = (staff_client(officer) for officer in life.officers)
    form = {"as_of": life.now.astimezone(clock.IST).strftime("%d-%m-%Y %H:%M"), "ticket": "audit"}
    ask = reverse("evidence:person-bundle", args=[life.ref])
    assert maker.post(ask, {**form, "as_of": ""}).status_code == 422
    answer = maker.post(ask, form)
    row = PersonFile.objects.get()
    change = reverse("admin:evidence_personfile_change", args=[row.pk])
    assert answer.url == change
    assert "not put together yet" in maker.get(change).content.decode()
    runner.run(row.job_id, now=clock.now())
    fetch = reverse("evidence:person-fetch", args=[row.reference])
    assert "No one downloads it before" in maker.get(change).content.decode()
    assert maker.get(fetch).status_code == 404
    sign = reverse("admin:evidence_personfile_do_one", args=[row.pk, "sign-off"])
    assert checker.post(sign, {"decision": "approve", "reason": "", "answer": "1"}).status_code == 200
    row.refresh_from_db()
    assert row.answer == "approved"
    assert fetch in maker.get(change).content.decode()
    assert b"".join(maker.get(fetch).streaming_content)[:2] == b"PK"
    receipt = maker.get(reverse("evidence:person-receipt", args=[row.reference]))
    assert receipt.content.startswith(b"c2sp.org/tlog-proof@v1")


def test_whoever_does_not_open_the_file_goes_back_to_the_person(life):
    """The link led to the first page."""
    person = Principal.objects.get(subject__ref=life.ref)
    asked = staff_client(StaffFactory(roles=["data_protection_officer"])).get(page_of(life)).content.decode()
    back = reverse("admin:people_principal_change", args=[person.pk])
    assert f'<a class="button" href="{back}">Back without opening</a>' in asked
