"""Asha stops one sender of Onesetu and keeps the others; after a stop of everything she allows one and no other."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentReceipt
from portal.kernel.core import clock
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.registers.factories import registered_sender
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOON = clock.now().astimezone(clock.IST).replace(hour=12, minute=0) + timedelta(days=1)
LANGUAGES = ("en", "hi", "mr")


@pytest.fixture
def asha(transactional_db: None) -> Any:
    law_is_loaded()
    published_notice(text="May we send you offers? You can change this any time.")
    for sender in ("ONESTU", "OFFERS"):
        registered_sender(sender, carries=["promotional"])
    asha = person(email=None)
    CustomerUserFactory(email="asha@acme.example", principal=asha)
    said(asha, "given")
    return asha


def allowed() -> list[bool]:
    asked = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": NOON}
    return [may_contact(**asked, header=f"AD-{sender}-P").allowed for sender in ("ONESTU", "OFFERS")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sender_is_stopped_and_after_a_stop_of_all_one_is_allowed(window, asha, language):
    def says(text: str) -> str:
        with translation.override(language):
            return translation.gettext(text)

    her = window(narrow=True)
    her.signs_in_with(customer_client(asha.user))
    page = her.goes_to("/privacy/preferences/")
    if language != "en":
        her.reads_in(language)
    page.get_by_role("link", name=says("Messages by sender")).click()
    her.looks()
    assert allowed() == [True, True]

    def card(sender: str) -> Any:
        return page.locator("section.card").filter(has=page.locator("h2", has_text=sender))

    assert says("For all senders of this company.") in card("ONESTU").inner_text()
    card("ONESTU").get_by_role("button", name=says("Stop this sender")).click()
    her.looks()
    assert allowed() == [False, True]
    done = page.locator(".note.ok")
    assert "ONESTU" in done.inner_text()
    assert says("For this sender only.") in card("ONESTU").inner_text()
    done.locator("a.reference").click()
    her.looks()
    assert ConsentReceipt.objects.latest("pk").reference in page.locator("h1").inner_text()
    assert says("Only %(sender)s") % {"sender": "ONESTU"} in page.locator("main").inner_text()

    page = her.goes_to("/privacy/preferences/")
    assert says("Only %(sender)s:") % {"sender": "ONESTU"} in page.locator("main").inner_text()
    page.get_by_role("button", name=says("Stop all promotional messages")).click()
    her.looks()
    assert allowed() == [False, False]

    page = her.goes_to("/privacy/preferences/senders/")
    card("OFFERS").get_by_role("link", name=says("Allow this sender")).click()
    her.looks()
    assert "May we send you offers?" in page.locator("blockquote").inner_text()
    assert "OFFERS" in page.locator("h1").inner_text()
    page.get_by_role("button", name=says("Yes, allow this sender")).click()
    her.looks()
    assert allowed() == [False, True]
    assert "OFFERS" in page.locator(".note.ok").inner_text()

    page = her.goes_to("/privacy/consents/")
    assert "(OFFERS)" in page.locator("tbody tr").first.inner_text()
