"""The entry page and the pages about these pages, in a real browser."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_pages_are_accessible_on_a_small_telephone_and_ask_nobody_else(window):
    person = window(narrow=True)
    for path in ("/privacy/", "/privacy/accessibility/", "/privacy/cookies/", "/privacy/sitemap/"):
        page = person.goes_to(path)
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"
