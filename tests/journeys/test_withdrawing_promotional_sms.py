"""Asha has had enough of promotional SMS: she takes the tick away, keeps the receipt, and nothing more is sent."""

from datetime import timedelta

import pytest

from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent
from portal.kernel.core import clock
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.journeys.browsing import shows_an_error
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOON = clock.now().astimezone(clock.IST).replace(hour=12, minute=0) + timedelta(days=1)


@pytest.fixture
def asha(transactional_db):
    law_is_loaded()
    published_notice(text="May we send you offers? You can change this any time.")
    asha = person(email=None)
    CustomerUserFactory(email="asha@acme.example", principal=asha)
    said(asha, "given")
    said(asha, "given", channel="email")
    return asha


def sms_allowed():
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=NOON).allowed


def sign_in(window, asha, **kwargs):
    someone = window(**kwargs)
    someone.signs_in_with(customer_client(asha.user))
    return someone


def test_taking_the_tick_away_stops_sms_and_leaves_a_receipt_that_anybody_can_check(window, asha, tmp_path):
    her = sign_in(window, asha)
    page = her.goes_to("/privacy/preferences/")
    assert sms_allowed()
    box = page.locator('[name="choices"][value="marketing:sms"]')
    assert box.is_checked()
    assert page.locator('[name="choices"][value="marketing:email"]').is_checked()
    assert not page.locator('[name="choices"][value="product_updates:sms"]').is_checked()

    box.uncheck()
    page.get_by_role("button", name="Save my choices").click()
    her.looks()
    assert "Recorded" in page.locator(".note.ok").inner_text()
    assert not page.locator('[name="choices"][value="marketing:sms"]').is_checked()
    assert page.locator('[name="choices"][value="marketing:email"]').is_checked()
    assert not sms_allowed()
    assert ConsentEvent.objects.filter(answer="withdrawn").count() == 1

    page.locator(".note.ok a.reference").click()
    her.looks()
    assert "May we send you offers?" in (page.locator("blockquote").text_content() or "")
    page.get_by_role("button", name="Verify this receipt").click()
    her.looks()
    assert "genuine" in page.locator(".note.ok").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt file").click()
    receipt = tmp_path / "mine.tlog-proof"
    download.value.save_as(receipt)

    anybody = window(narrow=True)
    page = anybody.goes_to("/privacy/check/")
    page.set_input_files("input[type=file]", str(receipt))
    page.get_by_role("button", name="Check the receipt").click()
    anybody.looks()
    said_there = page.locator("main").inner_text()
    assert "genuine" in said_there
    assert "asha" not in said_there.lower()
    assert ASHA_PHONE[-4:] not in said_there

    data = bytearray(receipt.read_bytes())
    data[60] ^= 1
    receipt.write_bytes(bytes(data))
    page.set_input_files("input[type=file]", str(receipt))
    page.get_by_role("button", name="Check the receipt").click()
    anybody.looks()
    assert "does not match" in page.locator("[role=alert]").inner_text()


def test_stop_all_is_one_press_and_can_be_taken_back_in_the_same_browser(window, asha):
    her = sign_in(window, asha, narrow=True)
    page = her.goes_to("/privacy/preferences/")
    page.get_by_role("button", name="Stop all promotional messages").click()
    her.looks()
    assert "You will not get promotional messages" in page.locator(".note.ok").inner_text()
    assert not page.locator('[name="choices"][value="marketing:email"]').is_checked()
    assert not sms_allowed()

    page.get_by_role("button", name="Undo").click()
    her.looks()
    assert page.locator('[name="choices"][value="marketing:sms"]').is_checked()
    assert page.locator('[name="choices"][value="marketing:email"]').is_checked()
    assert page.locator('[name="choices"][value="marketing:push"]').is_checked() is False
    assert sms_allowed()


def test_saving_without_a_change_records_nothing(window, asha):
    her = sign_in(window, asha)
    before = ConsentEvent.objects.count()
    page = her.goes_to("/privacy/preferences/")
    page.get_by_role("button", name="Save my choices").click()
    assert "Nothing was changed" in page.locator("main").inner_text()
    assert ConsentEvent.objects.count() == before


def test_the_history_filters_and_goes_along_as_csv_and_pdf(window, asha):
    her = sign_in(window, asha, narrow=True)
    page = her.goes_to("/privacy/consents/")
    assert page.locator("tbody tr").count() == 2
    page.locator("summary", has_text="Show only some").click()
    page.select_option("#id_channel", "email")
    page.get_by_role("button", name="Show", exact=True).click()
    her.looks()
    assert page.locator("tbody tr").count() == 1
    for name, start in (("Download as CSV", b"receipt,"), ("Download as PDF", b"%PDF-")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        content = download.value.path().read_bytes()
        assert start in content[:40]


def test_a_mistake_is_named_beside_its_field_and_nothing_is_lost(window, asha):
    her = sign_in(window, asha)
    page = her.goes_to("/privacy/preferences/")
    page.get_by_role("link", name="When and how often").click()
    her.looks()
    page.fill("#id_quiet_from", "20:00")
    page.fill("#id_paused_until", "31-02-2027")
    page.get_by_role("button", name="Save", exact=True).click()
    her.looks()
    shows_an_error(page)
    assert page.locator("#errors").get_attribute("autofocus") is not None
    page.locator("#errors a").click()
    assert "Enter the last day of the pause" in page.locator("#id_paused_until_error").inner_text()
    assert page.locator("#id_paused_until").input_value() == "31-02-2027"
    assert page.locator("#id_quiet_from").input_value() == "20:00"
    assert sms_allowed()
