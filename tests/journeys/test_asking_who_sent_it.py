"""Somebody with a message in the hand asks from the first page whose it is, and complains about it."""

import re
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.utils import translation

from tests.consent.factories import law_is_loaded
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import own, registered_sender

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}


@pytest.fixture
def registers(transactional_db):
    cache.clear()
    law_is_loaded()
    registered_sender("ONESTU", carries=["promotional", "service"])
    client = FiduciaryFactory(code="acme-bank", name="Acme Bank")
    registered_sender("1234567", kind="short_code", fiduciary=client, carries=["service"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_pages_one_field_and_two_presses_to_a_business_name(window, registers, language):
    def says(text: str) -> str:
        with translation.override(language):
            return translation.gettext(text)

    somebody = window(narrow=True)
    somebody.context.add_cookies([{"name": "django_language", "value": language, "url": somebody.origin}])
    page = somebody.goes_to("/privacy/")
    page.locator("main").get_by_role("link", name=says("Who sent me this?"), exact=True).click()
    somebody.looks()
    page.get_by_role("button", name=says("Find out")).click()
    somebody.looks()
    assert page.locator("#id_typed_error").is_visible()
    page.locator("#id_typed").fill("AD-ONESTU-P")
    page.get_by_role("button", name=says("Find out")).click()
    somebody.looks()
    assert urlsplit(page.url).path == "/privacy/who/result/"
    assert own().name in page.locator("main").inner_text()
    assert "ONESTU" not in urlsplit(page.url).query
    page.locator("a.back").click()
    page.locator("#id_typed").fill("१२३४५६७")
    page.get_by_role("button", name=says("Find out")).click()
    somebody.looks()
    assert "Acme Bank" not in page.content()
    page.locator("a.back").click()
    page.locator("#id_typed").fill("AD-NOBODY-P")
    page.get_by_role("button", name=says("Find out")).click()
    somebody.looks()
    assert page.get_by_role("link", name=re.compile("1930")).get_attribute("href") == "tel:1930"
    page.get_by_role("button", name=says("Complain")).click()
    somebody.looks()
    assert urlsplit(page.url).path == "/privacy/grievances/new/message/"
