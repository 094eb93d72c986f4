"""Work is handed out: what is due first and free, to exactly one person."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import F

from kyc.cases.services.case_locks import claim, release
from kyc.models import Case
from kyc.review.services import work_allocation
from kyc.review.services.work_allocation import take_next
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed
from portal.kernel.law.models import Clock
from portal.kernel.people.models import User
from tests.kyc.factories import checked, proposed, rest_approved
from tests.people.factories import CustomerFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.usefixtures("house", "same_process")
PANS = ("ABCPR1234K", "ABCPR1234Z", "ABCPR1234L")


def waiting(number):
    customer = CustomerFactory(kind="individual")
    rest_approved(customer)
    return checked(customer, number=number)


@pytest.fixture
def two(house, same_process):
    """Two documents that wait; the second one is due first."""
    later, sooner = (waiting(number) for number in PANS[:2])
    hour = timedelta(hours=1)
    mine = Clock.objects.filter(owner=f"kyc.case:{sooner.case.reference}")
    mine.update(target_at=F("target_at") - hour, due_at=F("due_at") - hour)
    return sooner, later


def taken_by(user, *, at=None):
    return take_next(actor=actor.staff(user.pk), now=at or clock.now())


def test_what_is_due_first_is_handed_out_and_the_next_person_gets_the_next_one(two, maker):
    assert [taken_by(maker), taken_by(StaffFactory(roles=["kyc_maker"]))] == list(two)
    assert taken_by(StaffFactory(roles=["kyc_maker"])) is None
    assert AuditEvent.objects.filter(kind="kyc.case.assigned", facts__kind="taken").count() == 2


def test_whoever_holds_a_case_goes_on_with_it(two, maker):
    assert taken_by(maker) == taken_by(maker) == two[0]


def test_a_claim_that_ran_out_frees_the_case(two, maker):
    claim(two[0].case, actor=actor.staff(maker.pk), now=clock.now())
    colleague = StaffFactory(roles=["kyc_maker"])
    assert taken_by(colleague) == two[1]
    assert taken_by(StaffFactory(roles=["kyc_maker"]), at=clock.now() + timedelta(minutes=31)) == two[0]


def test_what_somebody_gave_back_goes_to_colleagues_first(two, maker):
    assert taken_by(maker) == two[0]
    release(Case.objects.get(pk=two[0].case_id), actor=actor.staff(maker.pk), now=clock.now())
    assert taken_by(maker) == two[1]
    assert taken_by(StaffFactory(roles=["kyc_maker"])) == two[0]


def test_a_second_person_gets_what_others_proposed_and_never_their_own(two, maker, checker):
    both = StaffFactory(roles=["kyc_maker", "kyc_checker"])
    proposed(two[0], both)
    assert taken_by(both) == two[1]
    assert taken_by(checker) == two[0]


def test_a_maker_who_has_proposed_about_everything_in_a_case_holds_it_no_longer(two, maker, checker):
    taken_by(maker)
    proposed(two[0], maker)
    assert Case.objects.get(pk=two[0].case_id).locked_by is None
    assert taken_by(checker) == two[0]


def test_nothing_is_handed_to_those_who_do_not_decide(two):
    with pytest.raises(NotAllowed):
        taken_by(StaffFactory(roles=["support"]))


def test_the_button_opens_the_document_as_to_review_and_says_when_there_is_none(two, maker):
    desk = staff_client(maker)
    assert "Take next" in desk.get("/admin/kyc/document/").text
    assert desk.get("/admin/kyc/document/take-next/").status_code == 302
    assert Case.objects.get(pk=two[0].case_id).locked_by is None
    page = desk.post("/admin/kyc/document/take-next/", follow=True)
    assert (page.status_code, two[0].reference in page.text, "Why do you open" in page.text) == (200, True, False)
    opened = AuditEvent.objects.get(kind="admin.record.opened")
    assert (opened.facts["purpose"], opened.facts["ticket"]) == ("kyc_review", two[0].case.reference)
    Case.objects.update(locked_by=StaffFactory(), locked_until=clock.now() + timedelta(minutes=5))
    assert "Nothing waits for you" in desk.post("/admin/kyc/document/take-next/", follow=True).text


def test_the_page_of_a_document_names_whoever_has_it_and_nobody_once_the_time_is_over(two, maker):
    desk = staff_client(maker)
    page = desk.post("/admin/kyc/document/take-next/", follow=True)
    assert f"taken by {maker.full_name}" in page.text
    maker.full_name = ""
    maker.save(update_fields=["full_name"])
    address = page.request["PATH_INFO"]
    assert f"taken by {maker.email}" in desk.get(address).text
    Case.objects.update(locked_until=clock.now() - timedelta(minutes=1))
    later = desk.get(address)
    assert (later.status_code, "taken by" in later.text) == (200, False)


def test_the_queue_says_until_when_and_whose_turn_it_is(two, maker):
    proposed(two[0], maker)
    desk = staff_client(maker)
    rows = desk.get("/admin/kyc/document/?queue=second").text
    assert re.search(r"▲ .* today|■ .*, late( by \d+ days?)?|\d days? left", rows)
    assert "a second person" in rows
    assert "a maker" in desk.get("/admin/kyc/document/?queue=review").text
    ago = clock.now() - timedelta(days=3)
    Clock.objects.update(target_at=ago, due_at=ago, outer_limit_at=clock.now())
    assert "late by 3 days" in desk.get("/admin/kyc/document/?queue=review").text


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_the_same_moment_get_two_cases(monkeypatch):
    both = [waiting(number) for number in PANS[:2]]
    makers = [StaffFactory(roles=["kyc_maker"]) for _ in range(2)]
    chosen, found = threading.Barrier(2, timeout=20), []
    plain = work_allocation.claim

    def at_once(*args, **kwargs):
        chosen.wait()
        plain(*args, **kwargs)

    monkeypatch.setattr(work_allocation, "claim", at_once)

    def ask(user: User) -> None:
        try:
            found.append(taken_by(user))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(user,)) for user in makers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.pk for one in found} == {one.pk for one in both}
    assert set(Case.objects.values_list("locked_by", flat=True)) == {user.pk for user in makers}
