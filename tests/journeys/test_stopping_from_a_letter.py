"""Asha gets an offer, follows the way out in its foot, stops everything, takes it back, and stops the offers at one press."""

import re

import pytest

from consent.models import ConsentEvent
from portal.outbox.models import Message
from portal.outbox.services import post, reading
from portal.people.models import User
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.outbox.factories import KIND, use_template
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def offer(transactional_db, monkeypatch) -> Message:
    law_is_loaded()
    published_notice(text="May we send you offers? You can change this any time.")
    use_template(monkeypatch)
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    said(asha, "given")
    said(asha, "given", channel="email")
    return post(
        kind=KIND,
        subject_ref=asha.subject.ref,
        channel="email",
        address=ASHA,
        language="en",
        purpose="marketing",
        about="tests:offer",
        context={"reference": "OS-GR-7K4M-9QX2"},
    )


def way_out(message: Message) -> str:
    found = re.search(r"/privacy/out/\S+/", reading.text_of(message).body)
    assert found is not None
    return found.group(0)


def standing() -> dict[str, str]:
    return {event.channel: event.answer for event in ConsentEvent.objects.filter(next=None, purpose="marketing")}


def test_stop_all_from_a_letter_undo_and_stop_at_one_press(window, offer):
    her = window(narrow=True)
    page = her.goes_to(way_out(offer))
    her.looks()
    assert standing() == {"sms": "given", "email": "given"}
    page.get_by_role("button", name="Stop all promotional messages").click()
    her.looks()
    assert "You will not get promotional messages" in page.locator(".note.ok").inner_text()
    assert standing()["email"] == "withdrawn"
    assert standing()["sms"] == "withdrawn"

    page.get_by_role("button", name="Undo").click()
    her.looks()
    assert "Undone" in page.locator(".note.ok").inner_text()
    assert standing()["email"] == "given"
    assert standing()["sms"] == "given"

    page.get_by_role("button", name="Stop these messages").click()
    her.looks()
    assert "Stopped. You do not get these messages." in page.locator("main").inner_text()
    assert standing()["email"] == "withdrawn"
    assert standing()["sms"] == "given"
    assert ASHA not in page.content()


def test_stop_all_on_the_preference_page_and_undo(window, offer):
    her = window()
    her.signs_in_with(customer_client(User.objects.get(email=ASHA)))
    page = her.goes_to("/privacy/preferences/")
    her.looks()
    page.get_by_role("button", name="Stop all promotional messages").click()
    her.looks()
    assert not page.locator("#choice-marketing-sms").is_checked()
    assert standing()["sms"] == "withdrawn"
    page.get_by_role("button", name="Undo").click()
    her.looks()
    assert page.locator("#choice-marketing-sms").is_checked()
    assert page.get_by_role("heading", name="What goes on without your consent").is_visible()
    her.goes_to("/privacy/consent-managers/")
    her.looks()
