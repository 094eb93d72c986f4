"""Asha wants no calls, and nothing on Sundays: she ticks it on a narrow screen, in her language, and it counts at once."""

import pytest

from consent.base.rules.contact import Reason
from consent.decisions.services.contact_decisions import may_contact
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = {
    "en": ("Do not disturb", "Save my choices", "Nothing by"),
    "hi": ("परेशान न करें", "मेरी पसंद सहेजें", "इन माध्यमों से कुछ नहीं"),
    "mr": ("त्रास देऊ नका", "माझ्या निवडी जतन करा", "या मार्गांनी काहीही नको"),
}


@pytest.fixture
def asha(transactional_db):
    law_is_loaded()
    published_notice(text="May we send you offers?")
    asha = person(email=None)
    CustomerUserFactory(email="asha@acme.example", principal=asha)
    said(asha, "given", channel="voice")
    return asha


@pytest.mark.parametrize("language", WORDS)
def test_a_tick_counts_at_once_and_is_shown_on_its_receipt(window, asha, language):
    title, save, way = WORDS[language]
    her = window(narrow=True)
    her.signs_in_with(customer_client(asha.user))
    page = her.goes_to("/privacy/preferences/")
    if language != "en":
        her.reads_in(language)
    page.locator("main a[href='/privacy/preferences/do-not-disturb/']").click()
    her.looks()
    assert title in page.locator("h1").inner_text()
    page.locator("input[name=modes][value=voice]").check()
    page.locator("input[name=days][value=sun]").check()
    page.get_by_role("button", name=save).click()
    her.looks()
    assert page.locator("input[name=modes][value=voice]").is_checked()
    decision = may_contact(address=ASHA_PHONE, purpose="marketing", channel="voice", at=at_hour(12))
    assert decision.reason is Reason.DND_BLOCKED
    page.locator(".note.ok a.reference").click()
    her.looks()
    assert way in page.locator("main").inner_text()
