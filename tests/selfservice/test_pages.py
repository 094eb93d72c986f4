import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from grievances.models import Ticket
from portal.fronts.selfservice.cookies import COOKIES
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.grievances.factories import ticket
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory
from tests.registers.factories import officer_in_office
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db

PAGES = ["/privacy/", "/privacy/accessibility/", "/privacy/cookies/", "/privacy/sitemap/", "/privacy/stop/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_one_heading_one_main_and_a_skip_link(client, address):
    page = client.get(address).text
    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert page.index('href="#main"') < page.index("<header")


@pytest.mark.parametrize("address", PAGES)
def test_no_page_carries_style_or_script_in_its_text(client, address):
    page = client.get(address).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)


@pytest.mark.parametrize("start", ["/privacy/sign-in/", "/privacy/preferences/", "/privacy/"])
def test_a_stranger_finds_how_to_stop_messages_without_a_login(client, start):
    assert 'href="/privacy/stop/"' in client.get(start, follow=True).text
    page = client.get("/privacy/stop/").text
    for way in ("Reply STOP", "“unsubscribe” button", "Press 9", "1909"):
        assert way in page
    assert 'href="/privacy/grievances/new/"' in page


def test_the_language_is_changed_by_a_form_and_the_page_stays(client):
    answer = client.post("/privacy/language/", {"language": "hi", "next": "/privacy/cookies/?from=footer"})
    assert answer.url == "/privacy/cookies/?from=footer"
    assert '<html lang="hi"' in client.get("/privacy/cookies/").text


def test_the_language_form_carries_the_whole_address(client):
    assert 'name="next" value="/privacy/?a=1&amp;b=2"' in client.get("/privacy/?a=1&b=2").text


def test_nobody_is_led_to_another_site_by_the_language_form(client):
    answer = client.post("/privacy/language/", {"language": "hi", "next": "https://evil.example/"})
    assert answer.url == "/"


@pytest.mark.parametrize(("title", "shown"), [("Grievance Officer", ""), ("Data protection officer", ", ")])
def test_the_foot_says_the_officers_title_once_and_in_the_readers_language(client, title, shown):
    officer = officer_in_office(title=title)
    page = client.get("/privacy/", headers={"accept-language": "hi"}).text
    assert page.count(officer.full_name) == 1
    with translation.override("hi"):
        role = str(translation.gettext("Grievance Officer"))
    told = page[page.rindex(role, 0, page.index(officer.full_name)) + len(role) : page.index(officer.full_name)]
    assert told.startswith(shown or ":")
    assert (told != ': <span class="nowrap">') == bool(shown)
    assert title not in told or f'<span lang="en">{title}</span>' in told


def test_what_needs_scripts_is_named_where_all_else_is_said_to_work_without(client):
    page = client.get("/privacy/accessibility/").text
    assert "It works without JavaScript too, but for two things" in page
    assert "notices in this browser" in page


def test_the_first_page_of_a_customer_shows_their_requests_and_nobody_elses():
    every_rule()
    FiduciaryFactory(code="onesetu", is_self=True)
    user = CustomerUserFactory()
    mine, other = ticket(), ticket(email="other@example.in")
    Ticket.objects.filter(pk=mine.pk).update(subject_ref=user.principal.subject.ref)
    page = customer_client(user).get("/privacy/").text
    assert mine.reference in page
    assert other.reference not in page


def test_the_first_page_of_a_new_customer_says_that_nothing_was_asked():
    assert "You have not asked us for anything yet." in customer_client(CustomerUserFactory()).get("/privacy/").text


def test_the_cookies_page_names_each_cookie(client):
    page = client.get("/privacy/cookies/").text
    for cookie in COOKIES:
        assert f"<code>{cookie.name}</code>" in page


def test_every_cookie_that_the_code_names_is_in_the_register():
    root = Path(settings.BASE_DIR)
    named = set()
    for room in ("portal", "kyc", "consent", "grievances"):
        for source in (root / room).rglob("*.py"):
            named.update(re.findall(r'^COOKIE\b.*= "(\w+)"', source.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= {cookie.name for cookie in COOKIES}


def test_a_first_visit_sets_only_registered_cookies(client):
    for address in PAGES:
        client.get(address)
    assert set(client.cookies) <= {cookie.name for cookie in COOKIES}


def test_no_link_of_the_menu_stands_there_twice():
    page = customer_client(CustomerUserFactory()).get("/privacy/").text
    menu = page[page.index('<details class="drop menu">') : page.index("</nav>")]
    links = re.findall(r'href="([^"]+)"', menu)
    assert len(links) > 5
    assert len(set(links)) == len(links)


def test_an_empty_list_says_so(client):
    user = CustomerUserFactory()
    page = customer_client(user).get("/privacy/sessions/").text
    assert "No sign-in is on record." in page
    listed = customer_client(user).get("/privacy/consents/").text
    assert "You have not been asked for anything yet" in listed
    assert "Show only some" not in listed


def test_every_page_behind_the_menu_leads_back():
    signed_in = customer_client(CustomerUserFactory())
    for address in ("/privacy/kyc/", "/privacy/messages/", "/privacy/consents/", "/privacy/sessions/"):
        page = signed_in.get(address).text
        assert 'class="crumbs"' in page or 'class="back"' in page, address


@pytest.mark.parametrize("address", ["/privacy/preferences/", "/privacy/consents/", "/privacy/who-has-my-data/"])
def test_a_page_of_a_customer_asks_fewer_than_fifteen_statements(
    asked_and_answered, address, django_assert_max_num_queries
):
    """Three are of its footer, where no officer is named: the company, and the bodies outside it with their rules."""
    assert asked_and_answered.get(address).status_code == 200
    with django_assert_max_num_queries(14):
        asked_and_answered.get(address)


def test_the_first_page_asks_its_rules_and_its_reader_once(asked_and_answered):
    asked_and_answered.get("/privacy/")
    with CaptureQueriesContext(connection) as seen:
        asked_and_answered.get("/privacy/")
    tables = [found.group() for query in seen if (found := re.search(r'(?<=FROM ")\w+', query["sql"]))]
    of_rules = [
        name for name in tables if name.startswith(("law_", "people_principal", "people_subject", "people_user"))
    ]
    assert {name for name in of_rules if of_rules.count(name) > 1} == set()
    assert len(seen) <= 32
    assert sum("RECURSIVE same" in query["sql"] for query in seen) == 1


@pytest.fixture
def asked_and_answered(settings):
    """A customer who said yes, then no, and filed three grievances."""
    settings.DECISION_RULES_SECONDS = 3_600  # a slow machine looks up again what a quick one still knows
    every_rule()
    law_is_loaded()
    published_notice()
    user = CustomerUserFactory(member_of=CustomerFactory(kind="individual"))
    for answer in ("given", "withdrawn"):
        said(user.principal, answer, address_kind="email", address=user.email, channel="email")
    for _ in range(3):
        ticket(principal=user.principal, email=user.email)
    return customer_client(user)
