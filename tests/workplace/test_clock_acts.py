"""Staff extend, correct and explain deadlines, and note who stands in; the page says what the law and the service say."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from grievances.base.choices import TicketState
from grievances.models import Ticket
from grievances.tickets.services import resolutions
from portal.kernel.core import clock
from portal.kernel.core.clock import IST
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadlines
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Absence
from tests.grievances.conftest import house  # noqa: F401
from tests.grievances.factories import STRANGER
from tests.grievances.factories import ticket as make
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def found():
    return make(at=clock.now() - timedelta(days=2))


@pytest.fixture
def desk(staff):
    return staff("grievance_officer")


def european(found) -> Clock:
    deadlines.start(
        owner=found.about,
        subject_ref=found.subject_ref,
        rule_keys=["EU-12-1M"],
        kind="request",
        started_at=found.received_at,
        zone=found.zone,
        regimes=["EU"],
        actor=STRANGER,
    )
    return Clock.objects.get(owner=found.about, rule_key="EU-12-1M")


def act(client, row, name, /, **answer):
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_do_one", args=[row.pk, name])
    client.get(url)
    return client.post(url, {"answer": "1", "_selected_action": row.pk, **answer}, follow=True)


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def entered(at) -> str:
    return at.astimezone(IST).strftime("%Y-%m-%dT%H:%M")


def test_a_period_is_extended_with_law_and_reason_and_the_person_is_told(desk, found):
    row = european(found)
    answer = act(desk, row, "extend", reason_code="complex", text="Two systems have to be asked.")
    row.refresh_from_db()
    assert (row.extended_by.key, row.extended_because) == ("EU-12-EXT", "complex")
    assert "The person is informed" in words(answer)
    assert Message.objects.filter(kind="grievances.extended").count() == 1


def test_what_the_law_does_not_extend_cannot_be_extended_on_the_page(desk, found):
    row = Clock.objects.get(owner=found.about, rule_key="IN-IT-RES")
    assert "The law allows no further time for this." in words(act(desk, row, "extend", reason_code="complex"))
    row.refresh_from_db()
    assert row.extended_by is None


def test_a_wrong_start_is_corrected_and_the_grievance_follows(desk, found):
    row = Clock.objects.get(owner=found.about, rule_key="IN-IT-RES")
    earlier = found.received_at - timedelta(days=1)
    act(desk, row, "correct-start", started_at=entered(earlier), reason_code="earlier")
    assert Clock.objects.filter(owner=found.about, ended="corrected").count() == 3
    after = Ticket.objects.get(pk=found.pk)
    assert (found.due_at - after.due_at, entered(after.received_at)) == (timedelta(days=1), entered(earlier))


def test_every_kind_of_deadline_of_a_grievance_moves_with_the_one_that_is_corrected(desk, found):
    row = Clock.objects.get(owner=found.about, rule_key="IN-IT-RES")
    earlier = found.received_at - timedelta(days=1)
    act(desk, row, "correct-start", started_at=entered(earlier), reason_code="earlier")
    counted = Clock.objects.filter(owner__contains=found.reference).exclude(ended="corrected")
    assert len(set(counted.values_list("owner", flat=True))) == 3
    assert {entered(at) for at in counted.values_list("started_at", flat=True)} == {entered(earlier)}


@pytest.mark.parametrize("reason", ["earlier", "mistyped", "wrong_zone"])
def test_one_officer_makes_no_late_grievance_punctual_by_a_later_start(desk, reason):
    """What was filed here on a day did not reach us later, whoever says so and on whichever page."""
    late = make(at=clock.now() - timedelta(days=15))
    row = Clock.objects.get(owner=late.about, rule_key="IN-IT-RES")
    later = entered(clock.now() - timedelta(hours=1))
    act(desk, row, "correct-start", started_at=later, reason_code=reason)
    after = Ticket.objects.get(pk=late.pk)
    assert (after.received_at, after.due_at) == (late.received_at, late.due_at)
    assert not Clock.objects.filter(owner__contains=late.reference, ended="corrected").exists()
    page = f"/admin/grievances/ticket/{late.pk}/change/"
    desk.post(page, {"open_record": "1", "purpose": "grievance", "ticket": late.reference})
    act(desk, late, "correct-receipt", received_at=later, reason_code=reason)
    assert Ticket.objects.get(pk=late.pk).received_at == late.received_at


def test_a_start_in_the_future_is_refused_and_what_was_entered_stays(desk, found):
    row = Clock.objects.get(owner=found.about, rule_key="IN-IT-RES")
    tomorrow = entered(clock.now() + timedelta(days=1))
    answer = act(desk, row, "correct-start", started_at=tomorrow, reason_code="earlier")
    assert "Nothing can have reached us in the future." in words(answer)
    assert tomorrow in answer.content.decode()


def test_what_was_missed_is_listed_until_somebody_says_why(desk):
    late = make(at=clock.now() - timedelta(days=9))
    resolutions.withdraw(ticket=late, actor=STRANGER, at=clock.now())
    listed = "/admin/law/clock/?when=unexplained"
    assert late.reference in desk.get(listed).content.decode()
    for row in Clock.objects.filter(owner__contains=late.reference, stopped_at__gt=clock.now() - timedelta(hours=1)):
        act(desk, row, "explain-late", reason_code="mistake")
    assert late.reference not in desk.get(listed).content.decode()


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_other_roles_see_deadlines_and_change_none(staff, found, role):
    row = Clock.objects.get(owner=found.about, rule_key="IN-IT-RES")
    client = staff(role)
    assert client.get(reverse("admin:law_clock_change", args=[row.pk])).status_code == 200
    answer = act(client, row, "correct-start", started_at=entered(found.received_at), reason_code="earlier")
    assert answer.status_code in {403, 404}


def test_a_late_answer_asks_for_its_reason_on_the_page_and_keeps_it(desk):
    late = make(at=clock.now() - timedelta(days=9))
    page = f"/admin/grievances/ticket/{late.pk}/change/"
    desk.post(page, {"open_record": "1", "purpose": "grievance", "ticket": late.reference})
    assert "Why is the answer late?" in desk.get(page).content.decode()
    given = {"to": "person", "text": "We stopped it.", "act": "propose", "once": "7f0a3f1e-0000-4000-8000-000000000001"}
    given["seen"] = late.entries.count()
    refused = desk.post(f"/admin/grievances/ticket/{late.pk}/write/", given)
    assert refused.status_code == 422
    assert "Say why the answer is late." in words(refused)
    assert "We stopped it." in refused.content.decode()
    desk.post(f"/admin/grievances/ticket/{late.pk}/write/", {**given, "late_because": "many"})
    assert Ticket.objects.get(pk=late.pk).state == TicketState.ANSWERED
    assert Clock.objects.get(owner=late.about, rule_key="IN-IT-RES").late_because == "many"


def test_an_answer_in_time_is_not_asked_why_it_is_late(desk, found):
    page = f"/admin/grievances/ticket/{found.pk}/change/"
    desk.post(page, {"open_record": "1", "purpose": "grievance", "ticket": found.reference})
    assert "Why is the answer late?" not in desk.get(page).content.decode()


def test_the_receipt_of_a_grievance_is_corrected_on_its_page(desk, found):
    page = f"/admin/grievances/ticket/{found.pk}/change/"
    desk.post(page, {"open_record": "1", "purpose": "grievance", "ticket": found.reference})
    act(
        desk,
        found,
        "correct-receipt",
        received_at=entered(found.received_at - timedelta(days=1)),
        reason_code="mistyped",
    )
    said = words(desk.get(page))
    assert "no longer counted: its start was wrong" in said
    assert "The date was entered wrongly" in said


def test_an_absence_is_noted_ended_and_seen(desk):
    deputy = StaffFactory(full_name="Bala Deputy")
    today = clock.day(clock.now())
    given = {"user": desk.member.pk, "deputy": deputy.pk, "starts_on": today, "ends_on": today + timedelta(days=3)}
    refused = desk.post("/admin/people/absence/add/", {**given, "deputy": desk.member.pk})
    assert refused.status_code == 422
    assert "Another person has to be the delegate." in words(refused)
    desk.post("/admin/people/absence/add/", given)
    absence = Absence.objects.get()
    assert "Bala Deputy" in desk.get("/admin/people/absence/").content.decode()
    act(desk, absence, "back")
    absence.refresh_from_db()
    assert absence.withdrawn_at is not None


def test_nobody_who_may_not_note_absences_notes_one(staff):
    client = staff("support")
    assert client.get("/admin/people/absence/").status_code == 200
    assert client.get("/admin/people/absence/add/").status_code == 403
