"""Grievances are handed out: what is due first and free, to exactly one officer."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from grievances.base.request_choices import Capacity, Right
from grievances.models import Ticket
from grievances.requests.services import request_conversion
from grievances.tickets.services import conversation, resolutions, triage, work_allocation
from grievances.tickets.services.work_allocation import release, take_next
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace, NotAllowed
from portal.kernel.people.services import staff
from tests.grievances.factories import STRANGER
from tests.grievances.factories import ticket as make
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def taken_by(user, *, at=None):
    return take_next(actor=actor.staff(user.pk), now=at or clock.now())


def another():
    return StaffFactory(roles=["grievance_officer"])


@pytest.fixture
def two(house):
    """Two grievances that nobody has; the older one is due first."""
    now = clock.now()
    return [make(at=now - timedelta(hours=hours), email=f"p{hours}@example.in") for hours in (30, 2)]


def test_what_is_due_first_is_handed_out_and_the_next_officer_gets_the_next_one(two, officer):
    assert [taken_by(officer), taken_by(another())] == two
    assert taken_by(another()) is None
    assert AuditEvent.objects.filter(kind="grievances.ticket.assigned", facts__kind="taken").count() == 2


def test_an_officer_goes_on_with_what_they_have_and_gets_their_own_before_a_later_one_of_nobody(two, officer):
    Ticket.objects.filter(pk=two[0].pk).update(assigned_to=officer)
    assert taken_by(another()) == two[1]
    assert taken_by(officer) == taken_by(officer) == two[0]


def test_a_claim_that_ran_out_frees_the_grievance(two, officer):
    assert taken_by(officer) == two[0]
    assert taken_by(another(), at=clock.now() + timedelta(minutes=31)) == two[0]


def test_what_an_officer_gave_back_goes_to_colleagues_first(two, officer):
    mine = taken_by(officer)
    release(mine, actor=actor.staff(officer.pk), now=clock.now())
    assert taken_by(officer) == two[1]
    assert taken_by(another()) == two[0]


def test_nobody_else_writes_meanwhile_and_from_their_first_word_on_it_is_the_officers(two, officer):
    mine, now, colleague = taken_by(officer), clock.now(), another()
    with pytest.raises(LostRace):
        conversation.reply(ticket=two[0], text="Hello.", by=colleague, actor=actor.staff(colleague.pk), at=now)
    with pytest.raises(LostRace):
        conversation.take(ticket=two[0], by=colleague, actor=actor.staff(colleague.pk), at=now)
    conversation.ask(ticket=mine, text="Which number?", by=officer, actor=actor.staff(officer.pk), at=now)
    mine.refresh_from_db()
    assert (mine.assigned_to, mine.locked_by) == (officer, None)
    assert taken_by(officer) == two[1]


def acts_on(found, by):
    """What ends a colleague's work on a grievance, each as ``by`` would do it."""
    common = {"ticket": found, "by": by, "actor": actor.staff(by.pk), "at": clock.now()}
    older = make(at=clock.now() - timedelta(days=3), email="p30@example.in")
    return {
        "assign": lambda: conversation.assign(to=another(), **common),
        "transfer": lambda: triage.transfer(to=by, why="Mine.", **common),
        "merge": lambda: triage.merge(into=older, **common),
        "pass_on": lambda: triage.pass_on(to=FiduciaryFactory(), **common),
        "become_request": lambda: request_conversion.become_request(
            right=Right.ACCESS, capacity=Capacity.SELF, details={}, **common
        ),
    }


@pytest.mark.parametrize("name", ["assign", "transfer", "merge", "pass_on", "become_request"])
def test_what_a_colleague_works_on_is_taken_from_them_by_no_act_but_theirs(two, officer, name):
    mine, colleague = taken_by(officer), another()
    with pytest.raises(LostRace):
        acts_on(mine, colleague)[name]()
    mine.refresh_from_db()
    assert (mine.locked_by, mine.assigned_to, mine.client, mine.merged_into) == (officer, None, None, None)
    acts_on(mine, officer)[name]()


def test_a_colleague_may_be_given_what_they_work_on_and_anybody_what_is_free_again(two, officer):
    mine, colleague = taken_by(officer), another()
    by = {"by": colleague, "actor": actor.staff(colleague.pk)}
    conversation.assign(ticket=Ticket.objects.get(pk=mine.pk), to=officer, at=clock.now(), **by)
    mine.refresh_from_db()
    assert (mine.assigned_to, mine.locked_by) == (officer, None)
    work_allocation.claim(mine, actor=actor.staff(officer.pk), now=clock.now())
    conversation.assign(ticket=mine, to=colleague, at=clock.now() + timedelta(minutes=31), **by)
    mine.refresh_from_db()
    assert mine.assigned_to == colleague


def test_what_waits_for_the_person_is_handed_to_nobody_until_they_wrote(two, officer):
    mine = taken_by(officer)
    conversation.ask(ticket=mine, text="Which number?", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    Ticket.objects.filter(pk=two[1].pk).update(assigned_to=another())
    assert taken_by(officer) is None
    conversation.person_writes(ticket=mine, text="This one.", actor=STRANGER, at=clock.now())
    assert taken_by(officer) == mine


def test_an_answer_ends_the_claim_and_is_its_officers(two, officer):
    mine = taken_by(officer)
    resolutions.propose(ticket=mine, text="It is stopped.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    mine.refresh_from_db()
    assert (mine.state, mine.assigned_to, mine.locked_by, mine.locked_until) == ("answered", officer, None, None)


def test_a_login_that_ends_frees_what_it_was_handed(two, officer):
    taken_by(officer)
    staff.deactivate(user=officer, actor=actor.staff(StaffFactory().pk), now=clock.now())
    assert taken_by(another()) == two[0]


def test_nothing_is_handed_to_those_who_do_not_answer(two):
    with pytest.raises(NotAllowed):
        taken_by(StaffFactory(roles=["support"]))


def test_the_button_opens_the_grievance_and_giving_back_frees_it(two, officer):
    desk = staff_client(officer)
    address = "/admin/grievances/ticket/take-next/"
    assert f'action="{address}"' in desk.get("/admin/").text
    assert f'action="{address}"' in desk.get("/admin/grievances/ticket/").text
    assert desk.get(address).status_code == 302
    assert not Ticket.objects.exclude(locked_by=None).exists()
    page = desk.post(address, follow=True)
    assert (page.status_code, page.context["ticket"], "Why do you open" in page.text) == (200, two[0], False)
    assert "You have it until" in page.text
    colleague = staff_client(StaffFactory(roles=["grievance_officer"]))
    where = f"/admin/grievances/ticket/{two[0].pk}/change/"
    colleague.post(where, {"open_record": "1", "purpose": "grievance", "ticket": two[0].reference})
    theirs = colleague.get(where).text
    assert f"Taken by {officer.full_name} until" in theirs
    assert "From their first word on it is assigned to them." in theirs
    Ticket.objects.filter(pk=two[0].pk).update(assigned_to=officer)
    again = colleague.get(where).text
    assert "It is assigned to them." in again
    assert "From their first word" not in again
    Ticket.objects.filter(pk=two[0].pk).update(assigned_to=None)
    opened = AuditEvent.objects.filter(kind="admin.record.opened").earliest("pk")
    assert (opened.facts["purpose"], opened.facts["ticket"]) == ("grievance", two[0].reference)
    desk.post(f"/admin/grievances/ticket/{two[0].pk}/do/give-back/", {"answer": "yes"})
    assert not Ticket.objects.exclude(locked_by=None).exists()
    Ticket.objects.update(locked_by=StaffFactory(), locked_until=clock.now() + timedelta(minutes=5))
    assert "Nothing waits for you" in desk.post(address, follow=True).text


@pytest.mark.django_db(transaction=True)
def test_eight_officers_at_once_are_handed_eight_grievances():
    """On PostgreSQL they choose at the same moment; SQLite lets in one writer at a time."""
    now = clock.now()
    waiting = {make(at=now - timedelta(hours=number), email=f"p{number}@example.in").pk for number in range(8)}
    officers, ready, found, faults = [another() for _ in range(8)], threading.Barrier(8, timeout=20), [], []

    def take(user):
        try:
            ready.wait()
            found.append(taken_by(user).pk)
        except Exception as fault:  # noqa: BLE001 - shown by the test
            faults.append(fault)
        finally:
            connections.close_all()

    people = [threading.Thread(target=take, args=(user,)) for user in officers]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert faults == []
    assert sorted(found) == sorted(waiting)
    assert Ticket.objects.exclude(locked_by=None).values("locked_by").distinct().count() == 8


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_who_chose_the_same_grievance_do_not_both_get_it(monkeypatch, two, officer):
    """As if the choice had locked nothing: the conditional UPDATE alone decides."""
    monkeypatch.setattr(work_allocation, "_first", lambda user, now, wanted, without: Ticket.objects.get(pk=two[0].pk))
    assert taken_by(officer) == two[0]
    assert taken_by(another()) is None
