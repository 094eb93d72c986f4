"""Whoever signs in is asked once whether they are 18 or older, where nothing says it."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from portal.core import actor, clock
from portal.people import selectors as people
from portal.people.models import AgeStatement
from portal.people.services import protections
from tests.people.factories import CustomerFactory, CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
AGE = "/privacy/age/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def asha():
    return CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory(), of_age=False)


def signs_in(client, postbox):
    client.post(reverse("privacy:sign-in"), {"email": "asha@acme.example", "next": "/privacy/account/"})
    code = postbox.last("signin.sign_in_code")["context"]["code"]
    return client.post(reverse("privacy:sign-in-code"), {"code": code})["Location"]


def test_the_first_page_after_signing_in_asks_and_goes_on_to_where_one_wanted(client, asha, postbox):
    assert signs_in(client, postbox) == f"{AGE}?next=%2Fprivacy%2Faccount%2F"
    assert "Are you 18 or older?" in client.get(AGE, {"next": "/privacy/account/"}).text
    answer = client.post(AGE, {"age": "adult", "next": "/privacy/account/"})
    assert answer["Location"] == "/privacy/account/"
    assert AgeStatement.objects.get().subject_ref == asha.principal.subject.ref
    client.post(reverse("privacy:sign-out"))
    assert signs_in(client, postbox) == "/privacy/account/"


def test_a_no_goes_to_the_page_that_says_what_follows_and_keeps_nothing_yet(asha):
    browser = customer_client(asha)
    page = browser.post(reverse("privacy:somebody-else-answers"), {"why": "child"})
    assert "Are you under 18?" in page.text
    assert people.protection_of(asha.principal.subject.ref, at=clock.now()) is None
    browser.post(reverse("privacy:somebody-else-answers"), {"why": "child", "confirmed": "yes"})
    assert people.is_child(asha.principal.subject.ref, at=clock.now())
    assert browser.get(AGE).status_code == 302, "nobody is asked twice"


@pytest.mark.parametrize("kind", ["child", "guarded"])
def test_nobody_is_asked_for_whom_somebody_else_answers(client, asha, postbox, kind):
    protections.protect(
        subject_ref=asha.principal.subject.ref, kind=kind, ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    assert signs_in(client, postbox) == "/privacy/account/"


def test_neither_button_is_asked_again(asha):
    answer = customer_client(asha).post(AGE, {"age": "", "next": "/privacy/"})
    assert answer.status_code == 422
    assert not AgeStatement.objects.exists()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_question_leads_nobody_elsewhere(asha, target):
    answer = customer_client(asha).post(AGE, {"age": "adult", "next": target})
    assert answer["Location"] == "/privacy/"
