"""Somebody without a login gets the code at a number nobody knows, stops everything, keeps the receipt, and takes it back."""

import re
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.utils import translation

from consent.base.rules.contact import Reason
from consent.collection.services import public_opt_outs
from consent.decisions.services.contact_decisions import may_contact
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.suppressions import Suppression
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery
from portal.kernel.people.models.invitations import OneTimeCode
from tests.consent.factories import law_is_loaded, published_notice
from tests.people.factories import FiduciaryFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)
STRANGER = "+919811112222"


@pytest.fixture
def demonstration(transactional_db, settings, tmp_path):
    """The demonstration's gateway: what it would send lies in the mailbox."""
    settings.DEMO = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": "portal.demo.gateway.MailboxChannel"}
    cache.clear()
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")


def code_in_mailbox(reader, language: str) -> str:
    """What the worker would do, and then the SMS as the telephone shows it."""
    public_opt_outs.send_code(OneTimeCode.objects.latest("pk").pk, language=language, now=clock.now())
    delivery.deliver(Message.objects.latest("pk").pk, now=clock.now())
    page = reader.goes_to("/demo/mailbox/")
    page.locator("main ul.rows a").first.click()
    reader.looks()
    found = re.search(r"\b\d{6}\b", page.get_by_role("article").inner_text())
    assert found is not None
    return found[0]


def reason(fiduciary: str) -> Reason:
    return may_contact(address=STRANGER, purpose="marketing", channel="sms", at=NOON, fiduciary=fiduciary).reason


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stranger_stops_everybody_keeps_the_proof_and_takes_it_back(window, demonstration, language, tmp_path):
    def says(text: str) -> str:
        with translation.override(language):
            return translation.gettext(text)

    somebody = window(narrow=True)
    page = somebody.goes_to("/privacy/stop/")
    page.get_by_role("button", name=LANGUAGES[language]).click()
    page.get_by_role("button", name=says("Send me a code")).click()
    somebody.looks()
    assert page.locator("#errors").get_attribute("autofocus") is not None
    page.locator("#id_address").fill("98111 12222")
    page.get_by_role("button", name=says("Send me a code")).click()
    somebody.looks()
    assert urlsplit(page.url).path == "/privacy/stop/code/"
    page.locator("#id_code").fill("000 000")
    page.get_by_role("button", name=says("Show me first who writes to me")).click()
    somebody.looks()
    assert page.locator("#id_code_error").is_visible()
    page.locator("#id_code").fill(code_in_mailbox(window(), language))
    page.get_by_role("button", name=says("Show me first who writes to me")).click()
    somebody.looks()
    assert urlsplit(page.url).path == "/privacy/stop/choose/"
    assert "Acme Bank" not in page.locator("main").inner_text(), "who never wrote here is not named"

    page.get_by_role("button", name=says("Stop all promotional messages")).click()
    somebody.looks()
    named = page.locator("main").inner_text()
    assert all(receipt.reference in named for receipt in ConsentReceipt.objects.all())
    assert "Acme Bank" in named, "whoever stopped a company has a receipt that names it"
    assert {reason("onesetu"), reason("acme-bank")} == {Reason.SUPPRESSED}
    assert not ConsentEvent.objects.exists()
    with page.expect_download() as download:
        page.get_by_role("link", name=says("Receipt file")).first.click()
    receipt = tmp_path / "stop.tlog-proof"
    download.value.save_as(receipt)

    anybody = window()
    checking = anybody.goes_to("/privacy/check/")
    checking.set_input_files("input[type=file]", str(receipt))
    checking.get_by_role("button", name="Check the receipt").click()
    anybody.looks()
    assert "stopped at one address" in checking.locator(".note.ok").inner_text()

    page.get_by_role("button", name=says("Undo (until %(time)s IST)").split("%")[0].strip(" (")).click()
    somebody.looks()
    assert says("Undone. Your earlier consents are active again.") in page.locator(".note.ok").inner_text()
    assert not Suppression.objects.filter(lift=None).exists()
    assert {reason("onesetu"), reason("acme-bank")} == {Reason.NO_CONSENT}
    page.get_by_role("button", name=says("Leave this page")).click()
    assert urlsplit(page.url).path == "/privacy/stop/"
    assert STRANGER[-4:] not in page.content()
