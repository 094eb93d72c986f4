"""The first page of whoever is signed in, and what each page has in common with it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from consent.preferences.services import preference_options, preferences
from consent.preferences.services.preferences import WishList
from consent.records.selectors import history
from portal.kernel.core import actor, clock
from portal.kernel.law.models import Purpose
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.consent.worlds import block
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
)
from tests.registers.factories import company_in_force, officer_in_office
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
HOME = "/privacy/"
STOPS = "Stops promotional messages from Onesetu and every company that sends through Onesetu."


@pytest.fixture(autouse=True)
def house(db):
    every_rule()
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha():
    return person()


@pytest.fixture
def user(asha):
    return CustomerUserFactory(principal=asha, member_of=CustomerFactory(kind="individual"))


@pytest.fixture
def her(user):
    return customer_client(user)


def offers(client):
    return client.get(HOME).context["offers"]


def test_offers_come_by_the_ways_that_were_agreed_to(asha, her):
    assert offers(her) == ""
    said(asha, "given")
    assert offers(her) == "SMS"


def _of_another_company(asha):
    said(asha, "given", fiduciary=FiduciaryFactory(code="acme").code)


def _not_disturbed(asha):
    said(asha, "given")
    block(asha.subject.ref, modes=["sms"])


def _paused(asha):
    said(asha, "given")
    wish = WishList(paused_until=clock.now() + timedelta(days=2))
    preferences.change(subject_ref=asha.subject.ref, wishes=wish, actor=actor.SYSTEM)


def _refused_by_somebody_else(asha):
    said(asha, "given")
    other = person(phone=None)
    said(other, "denied", address=asha.contact_points.get(kind="phone").address, address_kind="phone")


@pytest.mark.parametrize("given", [_of_another_company, _not_disturbed, _paused, _refused_by_somebody_else])
def test_no_offers_are_named_where_none_come(asha, her, given):
    given(asha)
    assert offers(her) == ""
    assert "Offers: none" in her.get(HOME).text


def test_an_agreement_whose_time_is_over_brings_no_offers(asha):
    ends = said(asha, "given").expires_at
    known = {"refs": [asha.subject.ref], "contacts": list(asha.contact_points.all())}
    events = list(history.events_of(asha.subject.ref))
    for at, ways in ((ends - timedelta(minutes=1), ["sms"]), (ends + timedelta(minutes=1), [])):
        with time_machine.travel(at, tick=False):
            found = preference_options.ways_of_promotion(asha.subject.ref, at=at, events=events, **known)
            assert found == ways


def test_codes_go_to_the_address_of_the_login_whatever_else_is_confirmed(user, her):
    ContactPointFactory(principal=user.principal, kind="email", address="aaa@other.example", verified_at=clock.now())
    page = her.get(HOME).text
    line = page[page.index("Codes go to:") :][:60]
    assert line.startswith(f"Codes go to: {user.email[:1]}••••@{user.email.partition('@')[2]}"), line


def test_a_purpose_that_has_ended_keeps_its_name(asha, her):
    said(asha, "given")
    name = Purpose.objects.get(code="marketing").name
    Purpose.objects.filter(code="marketing").update(effective_to=clock.day(clock.now()) - timedelta(days=3))
    recent = her.get(HOME).context["recent"]
    assert [called for _act, called, _more in recent] == [name]
    assert name in her.get("/privacy/consents/").text


def test_the_button_says_whom_it_stops(her):
    page = her.get(HOME).text
    hint = page[page.index('id="stop-hint"') :]
    assert STOPS in hint[: hint.index("</form>")]


@pytest.mark.parametrize("address", [HOME, "/privacy/accessibility/", "/privacy/preferences/senders/"])
def test_each_page_has_the_footer_of_every_other(her, address):
    footers = []
    for client in (Client(), her):
        if client is her or "senders" not in address:
            page = client.get(address).text
            footers.append(page[page.index('id="foot-reach"') : page.index('<div class="last">')])
    for footer in footers:
        assert "If our answer does not help" in footer
        assert 'href="tel:"' not in footer
        assert 'href="mailto:"' not in footer


@pytest.mark.parametrize("address", [HOME, "/privacy/accessibility/", "/privacy/preferences/senders/"])
def test_each_footer_says_how_to_reach_the_company_where_no_officer_is_named(her, address):
    details = company_in_force()
    assert details.phone in her.get(address).text
    officer_in_office()
    page = her.get(address).text
    assert details.trade_name not in page[page.index('id="foot-reach"') :]


def test_the_site_map_names_pages_as_the_menu_does(client):
    page = client.get("/privacy/sitemap/").text
    main = page[page.index("<main") : page.index("</main>")]
    for name in ("Home", "Documents (KYC)", "Receipts"):
        assert f">{name}</a>" in main
    assert "Every yes" not in main
