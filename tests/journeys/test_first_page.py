"""The entry page and the pages about these pages, in a real browser."""

import pytest
from django.conf import settings

from tests.people.factories import ContactPointFactory, CustomerUserFactory, PrincipalFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_pages_are_accessible_on_a_small_telephone_and_ask_nobody_else(window):
    person = window(narrow=True)
    for path in ("/privacy/", "/privacy/accessibility/", "/privacy/cookies/", "/privacy/sitemap/"):
        page = person.goes_to(path)
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"


def test_the_values_of_a_profile_stand_in_one_column_whatever_stands_behind_them(window):
    principal = PrincipalFactory(full_name="Asha Rao")
    ContactPointFactory(principal=principal, kind="phone", address="+919999900320")
    person = window()
    person.signs_in_with(customer_client(CustomerUserFactory(principal=principal)))
    page = person.goes_to("/privacy/profile/")
    edges = "cells => cells.map(cell => Math.round(cell.getBoundingClientRect().left))"
    for nth in (2, 3):
        found = page.eval_on_selector_all(f".facts > div > :nth-child({nth})", edges)
        assert len(found) > 3
        assert len(set(found)) == 1


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_a_link_that_stands_alone_can_be_hit_with_a_finger_in_every_script(window, language):
    person = window(narrow=True)
    person.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": person.origin}])
    page = person.goes_to("/privacy/sitemap/")
    assert page.locator("html").get_attribute("lang") == language
    heights = page.eval_on_selector_all("main li a", "links => links.map(link => link.getBoundingClientRect().height)")
    assert len(heights) > 5
    assert min(heights) >= 24
