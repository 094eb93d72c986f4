"""The entry page and the pages about these pages, in a real browser."""

import pytest
from django.conf import settings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_pages_are_accessible_on_a_small_telephone_and_ask_nobody_else(window):
    person = window(narrow=True)
    for path in ("/privacy/", "/privacy/accessibility/", "/privacy/cookies/", "/privacy/sitemap/"):
        page = person.goes_to(path)
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_a_link_that_stands_alone_can_be_hit_with_a_finger_in_every_script(window, language):
    person = window(narrow=True)
    person.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": person.origin}])
    page = person.goes_to("/privacy/sitemap/")
    assert page.locator("html").get_attribute("lang") == language
    heights = page.eval_on_selector_all("main li a", "links => links.map(link => link.getBoundingClientRect().height)")
    assert len(heights) > 5
    assert min(heights) >= 24
