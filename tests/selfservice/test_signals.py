"""Sec-GPC is heard without a click, kept as a no, and never held against a yes that came after it."""

import re

import pytest
from django.test import Client

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_process
from consent.models import ConsentEvent
from portal.kernel.core import clock
from portal.kernel.law.models import Purpose
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
PAGE = "/privacy/preferences/"
GPC = {"Sec-GPC": "1"}


@pytest.fixture
def asha(db):
    contact_rulebook.forget()
    law_is_loaded()
    published_notice()
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


def heard():
    return ConsentEvent.objects.filter(way="gpc")


def test_the_signal_ends_analytics_once_and_the_page_says_so(asha):
    said(asha, "given", purpose="analytics", channel="none")
    her = customer_client(asha.user)
    page = her.get(PAGE, headers=GPC).text
    her.get("/privacy/consents/", headers=GPC)
    assert "Your browser asked us not to sell or share your data. We have done this." in page
    (event,) = heard()
    assert (event.purpose, event.answer) == ("analytics", "withdrawn")
    assert not may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed


@pytest.mark.parametrize("value", ["0", "", "true", "11"])
def test_another_value_is_no_signal(asha, value):
    page = customer_client(asha.user).get(PAGE, headers={"Sec-GPC": value}).text
    assert "Your browser asked us" not in page
    assert not heard().exists()


def test_recordings_and_messages_are_not_what_the_signal_is_about(asha):
    said(asha, "given", purpose="call_recording", channel="none")
    said(asha, "given")
    customer_client(asha.user).get(PAGE, headers=GPC)
    assert {event.purpose for event in heard()} == {"analytics"}


def test_a_yes_after_the_signal_was_meant_and_stays(asha, still):
    customer_client(asha.user).get(PAGE, headers=GPC)
    still.shift(1)
    said(asha, "given", purpose="analytics", channel="none", occurred_at=clock.now())
    customer_client(asha.user).get(PAGE, headers=GPC)
    assert heard().count() == 1
    assert may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed


def test_a_signal_heard_while_the_persons_own_no_stood_does_not_undo_the_yes_after_it(asha, still):
    """CCPA regulations 7025(c): the signal is kept where nothing changes by it, once; what is agreed to after it is meant."""
    said(asha, "denied", purpose="analytics", channel="none")
    for _session in range(2):
        customer_client(asha.user).get(PAGE, headers=GPC)
    (event,) = heard()
    assert (event.purpose, event.answer) == ("analytics", "denied")
    still.shift(1)
    said(asha, "given", purpose="analytics", channel="none", occurred_at=clock.now())
    still.shift(1)
    page = customer_client(asha.user).get(PAGE, headers=GPC).text
    assert heard().count() == 1
    assert may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed
    assert "Your own consent counts until you withdraw it" in page
    assert "We have done this." not in page


def test_a_no_after_the_yes_that_came_after_the_signal_needs_no_second_signal(asha, still):
    customer_client(asha.user).get(PAGE, headers=GPC)
    for answer in ("given", "withdrawn", "given"):
        still.shift(1)
        said(asha, answer, purpose="analytics", channel="none", occurred_at=clock.now())
        customer_client(asha.user).get(PAGE, headers=GPC)
    assert heard().count() == 1
    assert may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed


@pytest.mark.parametrize("page", [PAGE, "/privacy/cookies/"])
def test_the_page_does_not_say_no_where_the_persons_own_yes_counts(asha, still, page):
    her = customer_client(asha.user)
    assert "We have done this." in her.get(page, headers=GPC).text
    still.shift(1)
    said(asha, "given", purpose="analytics", channel="none", occurred_at=clock.now())
    after = her.get(page, headers=GPC).text
    assert "We have done this." not in after
    (said_so,) = re.findall(r"Your own yes counts until you take it back: ([^<]*)", after)
    assert said_so == f"{Purpose.objects.filter(code='analytics').latest('pk').name}."


def test_a_strangers_signal_shows_and_writes_nothing(asha):
    page = Client().get("/privacy/cookies/", headers=GPC).text
    assert "Your browser asked us" in page
    assert not heard().exists()


def test_a_request_not_to_sell_or_share_holds_at_once(asha):
    said(asha, "given", purpose="analytics", channel="none")
    her = customer_client(asha.user)
    her.post("/privacy/requests/new/", {"right": "opt_out"})
    her.post("/privacy/requests/new/details/", {"capacity": "self"})
    her.post("/privacy/requests/new/check/")
    assert not may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed
    event = ConsentEvent.objects.filter(purpose="analytics").latest("pk")
    assert (event.answer, event.way) == ("withdrawn", "page")
