"""Who wants to consent or send documents is asked once whether they are 18 or older, where nothing says it."""

from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.urls import reverse

from portal.kernel.core import actor, clock
from portal.kernel.people import selectors as people
from portal.kernel.people.models.age_declarations import AgeStatement
from portal.kernel.people.services import guardianships
from tests.consent.factories import law_is_loaded, published_notice
from tests.people.factories import CustomerFactory, CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
AGE = "/privacy/age/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha():
    return CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory(), of_age=False)


def signs_in(client, postbox, going_to="/privacy/kyc/"):
    client.post(reverse("privacy:sign-in"), {"email": "asha@acme.example", "next": going_to})
    code = postbox.last("signin.sign_in_code")["context"]["code"]
    return client.post(reverse("privacy:sign-in-code"), {"code": code})["Location"]


@pytest.mark.parametrize(
    "errand",
    ["/privacy/", "/privacy/account/", "/privacy/preferences/", "/privacy/requests/new/", "/privacy/consents/"],
)
def test_nobody_is_asked_on_the_way_to_an_errand(client, asha, postbox, errand):
    assert signs_in(client, postbox, errand) == errand
    assert client.get(errand).status_code == 200


@pytest.mark.parametrize("page", ["/privacy/questions/", "/privacy/kyc/"])
def test_before_a_consent_or_documents_the_question_is_put_once_and_leads_back(client, asha, postbox, page):
    assert signs_in(client, postbox, page) == page
    asked = client.get(page)
    assert asked.url == f"{AGE}?next={quote(page, safe='')}"
    assert "Are you 18 or older?" in client.get(asked.url).text
    answer = client.post(AGE, {"age": "adult", "next": page})
    assert answer["Location"] == page
    assert AgeStatement.objects.get().subject_ref == asha.principal.subject.ref
    assert client.get(page).status_code == 200


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
    guardianships.protect(
        subject_ref=asha.principal.subject.ref, kind=kind, ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    page = signs_in(client, postbox)
    assert client.get(page).status_code == 200


def test_neither_button_is_asked_again(asha):
    answer = customer_client(asha).post(AGE, {"age": "", "next": "/privacy/"})
    assert answer.status_code == 422
    assert not AgeStatement.objects.exists()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_question_leads_nobody_elsewhere(asha, target):
    answer = customer_client(asha).post(AGE, {"age": "adult", "next": target})
    assert answer["Location"] == "/privacy/"
