"""From the first page or the site map to what people come for: nobody is led past a question of consent or of age."""

from urllib.parse import urlsplit

import pytest
from django.core.cache import cache

from consent.records.models.events import ConsentEvent
from consent.records.models.prompts import Meeting
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.services import codes
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: What people come for in the words of the first page or the site map, and where each leads.
ERRANDS = {
    "Stop messages": "/privacy/stop/",
    "Who sent me this?": "/privacy/who/",
    "Choose your messages": "/privacy/preferences/",
    "Your data": "/privacy/requests/new/",
    "Complain": "/privacy/grievances/new/",
}
#: Six of the choices of the preferences.
YESES = [("marketing", way) for way in ("sms", "email", "whatsapp")] + [
    ("product_updates", way) for way in ("sms", "email", "whatsapp")
]


@pytest.fixture
def asha(transactional_db):
    cache.clear()
    law_is_loaded()
    published_notice()
    return person(email=None)


def path_of(page) -> str:
    return urlsplit(page.url).path


def goes_every_way(somebody, *, signs_in: bool) -> list[str]:
    """Each errand from the first page on, with the sign-in where one is needed; every page it came to at its end."""
    seen = []
    for words, there in ERRANDS.items():
        page = somebody.goes_to("/privacy/")
        if not page.locator("main").get_by_role("link", name=words, exact=True).count():
            page = somebody.goes_to("/privacy/sitemap/")
        page.locator("main").get_by_role("link", name=words, exact=True).click()
        somebody.looks()
        if signs_in and path_of(page) == "/privacy/sign-in/":
            page.get_by_label("Email address").fill(ASHA)
            page.get_by_role("button", name="Send me a code").click()
            page.get_by_label("Six-digit code").fill(codes.plain(OneTimeCode.objects.latest("pk")))
            page.get_by_role("button", name="Sign in").click()
            somebody.looks()
        assert path_of(page) == there, words
        seen.append(page.get_by_role("heading", level=1).inner_text())
    return seen


@pytest.mark.parametrize("answers", [YESES, []], ids=["six yeses", "no answer"])
def test_no_errand_leads_past_a_consent_question(window, asha, answers):
    CustomerUserFactory(email=ASHA, principal=asha)
    for purpose, channel in answers:
        said(asha, "given", purpose=purpose, channel=channel)
    known = ConsentEvent.objects.count()
    headings = goes_every_way(window(narrow=True), signs_in=True)
    assert "optional question" not in " ".join(headings)
    assert ConsentEvent.objects.count() == known
    assert not Meeting.objects.exists()


def test_nobody_is_asked_for_their_age_on_the_way_to_an_errand(window, asha):
    CustomerUserFactory(email=ASHA, principal=asha, of_age=False)
    goes_every_way(window(narrow=True), signs_in=True)
    reader = window(narrow=True)
    reader.signs_in_with(customer_client(asha.user))
    page = reader.goes_to("/privacy/questions/")
    assert path_of(page) == "/privacy/age/"
    page.get_by_role("button", name="Yes, I am 18 or older").click()
    reader.looks()
    assert path_of(page) == "/privacy/questions/"


def test_what_is_unanswered_is_one_grey_line_that_can_be_sent_away(window, asha):
    CustomerUserFactory(email=ASHA, principal=asha)
    reader = window(narrow=True)
    reader.signs_in_with(customer_client(asha.user))
    page = reader.goes_to("/privacy/")
    assert page.get_by_role("link", name="optional question").count() == 1
    page.get_by_role("button", name="Do not show this again").click()
    reader.looks()
    assert path_of(page) == "/privacy/"
    assert page.get_by_role("link", name="optional question").count() == 0
