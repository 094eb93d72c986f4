"""Asha gets an offer, follows the way out in its foot, stops everything, takes it back, and stops the offers at one press."""

import pytest
from django.utils import translation

from consent.models import ConsentEvent
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, post
from portal.kernel.people.models import User
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.outbox.factories import KIND, answering_gate, use_template
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


LANGUAGES = ("en", "hi", "mr")


@pytest.fixture
def offer(transactional_db, monkeypatch, settings, tmp_path, live_server) -> Message:
    """An offer that was sent: it lies in the mailbox of the demonstration."""
    settings.DEMO = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "portal.kernel.outbox.mailbox.MailboxBackend"
    settings.SITE_URL = live_server.url
    law_is_loaded()
    published_notice(text="May we send you offers? You can change this any time.")
    use_template(monkeypatch)
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    said(asha, "given")
    said(asha, "given", channel="email")
    message = post(
        kind=KIND,
        subject_ref=asha.subject.ref,
        channel="email",
        address=ASHA,
        language="en",
        purpose="marketing",
        about="tests:offer",
        context={"reference": "OS-GR-7K4M-9QX2"},
    )
    with answering_gate(monkeypatch):  # whatever the hour of the test
        delivery.deliver(message.pk, now=clock.now())
    return message


def in_words(language: str, text: str) -> str:
    """What the page says in the language."""
    with translation.override(language):
        return translation.gettext(text)


def follows_the_way_out(her, language):
    """From the letter in the mailbox to the page of its link, in the reader's language."""
    page = her.goes_to("/demo/mailbox/")
    page.get_by_role("link", name="A notice").first.click()
    her.looks()
    page.locator("article a[href*='/privacy/out/']").click()
    her.reads_in(language)
    assert page.locator("html").get_attribute("lang") == language
    return page


def standing() -> dict[str, str]:
    return {event.channel: event.answer for event in ConsentEvent.objects.filter(next=None, purpose="marketing")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_all_from_a_letter_undo_and_stop_at_one_press(window, offer, language):
    her = window(narrow=True)
    page = follows_the_way_out(her, language)
    assert standing() == {"sms": "given", "email": "given"}
    page.get_by_role("button", name=in_words(language, "Stop all promotional messages")).click()
    her.looks()
    done = in_words(
        language,
        "Done. You will not get promotional messages from %(name)s. Bills, security alerts and service messages that you agreed to will still come.",
    )
    assert done % {"name": "Onesetu"} in page.locator(".note.ok").inner_text()
    assert standing()["email"] == "withdrawn"
    assert standing()["sms"] == "withdrawn"

    page.get_by_role("button", name=in_words(language, "Undo")).click()
    her.looks()
    undone = in_words(language, "Undone. What you had agreed to before the stop counts again, and nothing else.")
    assert undone in page.locator(".note.ok").inner_text()
    assert standing()["email"] == "given"
    assert standing()["sms"] == "given"

    page.get_by_role("button", name=in_words(language, "Stop these messages")).click()
    her.looks()
    stopped = in_words(language, "Stopped. You do not get these messages.")
    assert stopped in page.locator("main").inner_text()
    assert standing()["email"] == "withdrawn"
    assert standing()["sms"] == "given"
    assert ASHA not in page.content()


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_all_on_the_preference_page_and_undo(window, offer, language):
    her = window()
    her.signs_in_with(customer_client(User.objects.get(email=ASHA)))
    page = her.goes_to("/privacy/preferences/")
    her.reads_in(language)
    page.get_by_role("button", name=in_words(language, "Stop all promotional messages")).click()
    her.looks()
    assert page.locator('[name="choices"][value="marketing:sms"]:checked').count() == 0
    assert standing()["sms"] == "withdrawn"
    page.get_by_role("button", name=in_words(language, "Undo")).click()
    her.looks()
    assert page.locator('[name="choices"][value="marketing:sms"]').is_checked()
    page.get_by_text(in_words(language, "What does not need your consent")).click()
    reason = "These do not need your consent. The reason is shown next to each one. Quiet hours do not apply to them."
    assert page.get_by_text(in_words(language, reason)).is_visible()
    her.goes_to("/privacy/consent-managers/")
