"""Silence about an order: one person makes or lengthens it, both approvers see it, and it is bound in what they agree to."""

from datetime import timedelta

import pytest
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.registers.models import OrderAnswer
from portal.kernel.registers.orders.selectors import may_speak
from portal.kernel.registers.orders.services import authority_orders, non_disclosure
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.registers.factories import order_about, today, two_people
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law() -> None:
    every_rule()


@pytest.fixture
def order():
    return order_about(PrincipalFactory().subject.ref, is_secret=False)


def silenced(order, until=None, why="The court asked for silence."):
    found = non_disclosure.make_silent(order, secret_until=until, why=why, actor=two_people()[0], now=clock.now())
    order.refresh_from_db()
    return found


def proposed(order):
    given = {"decision": "refuse", "given_categories": [], "given": "", "held_back": "All of it."}
    return authority_orders.propose(order, **given, actor=two_people()[0], now=clock.now())


def test_one_person_makes_an_order_silent_at_once_and_the_reason_is_kept(order):
    assert may_speak(order, at=clock.now())
    silenced(order, until=today() + timedelta(days=5))
    assert not may_speak(order, at=clock.now())
    event = AuditEvent.objects.get(kind="registers.order.silenced")
    assert event.facts["until"] == f"{today() + timedelta(days=5):%Y-%m-%d}"
    assert "court asked" not in str(event.facts)
    with pytest.raises(Refused):
        silenced(order, why=" ")


def test_a_silence_is_lengthened_and_not_shortened_by_one_person(order):
    silenced(order, until=today() + timedelta(days=5))
    for until in (today(), today() + timedelta(days=5)):
        with pytest.raises(Refused) as refused:
            silenced(order, until=until)
        assert refused.value.code == "NO_LONGER"
    silenced(order, until=today() + timedelta(days=9))
    assert order.secret_until == today() + timedelta(days=9)
    silenced(order)
    assert order.secret_until is None
    with pytest.raises(IllegalMove):
        silenced(order, until=today() + timedelta(days=90))


def test_a_silence_that_has_ended_begins_again(order):
    order.is_secret, order.secrecy_ended_at = True, clock.now()
    order.save()
    silenced(order)
    assert (order.secrecy_ended_at, may_speak(order, at=clock.now())) == (None, False)


def test_nobody_is_silent_about_what_the_people_were_told(order):
    order.person_told_at = clock.now()
    order.save()
    with pytest.raises(IllegalMove):
        silenced(order)


def test_a_silence_that_is_over_already_is_refused_with_words(order):
    with pytest.raises(Refused) as refused:
        silenced(order, until=today() - timedelta(days=1))
    assert refused.value.code == "SILENCE_OVER"
    assert "secret_until" in refused.value.fields


def test_an_answer_is_bound_to_the_silence_that_stood_when_it_was_proposed(order):
    proposal = proposed(order)
    silenced(order)
    with pytest.raises(Refused) as refused:
        authority_orders.answer(
            OrderAnswer.objects.get(pk=proposal.pk), approve=True, reason="", actor=two_people()[1], now=clock.now()
        )
    assert refused.value.code == "SHOWN_CHANGED"


def test_who_approves_an_answer_sees_whether_and_until_when_we_are_silent(order):
    silenced(order, until=today() + timedelta(days=5))
    page = reverse("admin:registers_orderanswer_do_one", args=[proposed(order).pk, "approve"])
    text = staff_client(StaffFactory(roles=["data_protection_officer"])).get(page).text
    assert "We must be silent" in text
    assert f"Yes, until {(today() + timedelta(days=5)).day}" in text


def test_the_act_is_on_the_page_of_the_order(order):
    desk = staff_client(StaffFactory(roles=["grievance_officer"]))
    page = reverse("admin:registers_authorityorder_do_one", args=[order.pk, "make-silent"])
    over = {"answer": "1", "secret_until": f"{today() - timedelta(days=2):%Y-%m-%d}", "why": "Letter of the court."}
    refused = desk.post(page, over)
    assert (refused.status_code, "over already" in refused.text) == (422, True)
    desk.post(page, {"answer": "1", "secret_until": "", "why": "Letter of the court."})
    order.refresh_from_db()
    assert (order.is_secret, order.secret_until) == (True, None)


def test_a_silence_that_was_lengthened_meanwhile_is_not_ended_by_who_read_it_before(order):
    silenced(order, until=today() + timedelta(days=5))
    maker, checker = two_people()
    ending = non_disclosure.propose_end(order, why="The court lifted it.", actor=maker, now=clock.now())
    assert ending.order.secret_until == today() + timedelta(days=5)
    non_disclosure.make_silent(
        type(order).objects.get(pk=order.pk), secret_until=None, why="Silent for good.", actor=maker, now=clock.now()
    )
    with pytest.raises(Refused) as refused:
        non_disclosure.answer(ending, approve=True, reason="", actor=checker, now=clock.now())
    assert refused.value.code == "SHOWN_CHANGED"
    order.refresh_from_db()
    assert not may_speak(order, at=clock.now())
