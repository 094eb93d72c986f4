"""The entry page and the pages about these pages, in a real browser."""

from datetime import timedelta

import pytest
from django.conf import settings

from grievances.tickets.services import resolutions
from portal.kernel.core import actor, clock
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.grievances.factories import ticket
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.registers.factories import officer_in_office
from tests.shipped import every_rule
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


#: Pixels at 390: of a stranger, and signed in.
SHORT, OWN = 1_400, 1_700
WHOLE = "document.documentElement.scrollHeight"


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_the_first_page_is_short_on_a_telephone(window, language):
    every_rule()
    law_is_loaded()
    published_notice()
    officer_in_office()
    person = window(narrow=True)
    person.page.set_viewport_size({"width": 390, "height": 800})
    person.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": person.origin}])
    page = person.goes_to("/privacy/")
    assert page.evaluate(WHOLE) <= SHORT
    user = CustomerUserFactory(member_of=CustomerFactory(kind="individual"))
    for purpose in ("marketing", "product_updates"):
        said(user.principal, "given", purpose=purpose, address_kind="email", address=user.email, channel="email")
    for _ in range(3):
        ticket(principal=user.principal, email=user.email, at=clock.now())
    person.signs_in_with(customer_client(user))
    page = person.goes_to("/privacy/")
    assert page.locator("h1").inner_text().endswith(user.principal.full_name)
    assert page.evaluate(WHOLE) <= OWN


def test_what_waits_for_the_person_stands_first_and_only_the_earliest_does(window):
    every_rule()
    FiduciaryFactory(code="onesetu", is_self=True)
    officer = StaffFactory(roles=["grievance_officer"])
    user = CustomerUserFactory()
    first, second = (
        ticket(principal=user.principal, email=user.email, at=clock.now() - timedelta(hours=hours)) for hours in (3, 2)
    )
    for one in (second, first):
        resolutions.propose(ticket=one, text="No.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    person = window(narrow=True)
    person.signs_in_with(customer_client(user))
    page = person.goes_to("/privacy/")
    turn = page.locator("main .note").filter(has_text="Your turn")
    assert turn.count() == 1
    assert turn.get_by_role("link").get_attribute("href") == f"/privacy/track/{first.reference}/"
    assert turn.bounding_box()["y"] < page.locator("main .rows").first.bounding_box()["y"]


def test_after_a_stop_the_first_page_says_since_when_and_shows_no_button_to_stop(window):
    law_is_loaded()
    published_notice()
    user = CustomerUserFactory()
    said(user.principal, "given", address_kind="email", address=user.email, channel="email")
    person = window(narrow=True)
    person.signs_in_with(customer_client(user))
    page = person.goes_to("/privacy/")
    page.get_by_role("button", name="Stop all promotional messages").click()
    page = person.goes_to("/privacy/")
    assert "Stopped already, since" in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Stop all promotional messages").count() == 0
