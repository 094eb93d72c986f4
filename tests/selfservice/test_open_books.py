"""What anybody reads of the company's books: kinds of data, periods, places, measures, counts, and the way out."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.kernel.core import actor, clock
from portal.kernel.registers.models import AuthorityOrder, ExternalLink, Measure, ProcessingActivity, Product
from portal.kernel.registers.senders.services import sender_entries
from portal.kernel.retention.services import rule_loader
from tests.consent.factories import law_is_loaded, person, said
from tests.registers.entered import agreed
from tests.registers.factories import registered_recipient, two_people
from tests.registers.test_orders import answered, received
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db
PAGES = ("what-we-hold", "how-long", "where-data-lies", "measures", "transparency", "partners-and-applicants")


@pytest.fixture(autouse=True)
def law() -> None:
    every_rule()
    law_is_loaded()


def text(page, language="en", **asked):
    return Client().get(f"/privacy/{page}/", asked, headers={"accept-language": language}).text


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_for_anybody_with_empty_books_and_leads_to_the_others(page):
    answer = Client().get(f"/privacy/{page}/")
    assert answer.status_code == 200
    others = [other for other in PAGES if other != page]
    assert all(f'href="/privacy/{other}/"' in answer.text for other in others)
    assert Client().post(f"/privacy/{page}/").status_code == 405


def test_what_we_hold_names_every_kind_of_data_with_its_purposes():
    page = text("what-we-hold")
    assert "Email addresses and phone numbers" in page
    assert "Offers and news" in page
    assert "आपके बारे में हमारे पास क्या है" in text("what-we-hold", "hi")


def test_how_long_shows_the_longest_period_and_the_law_that_gives_it():
    rule_loader.load_shipped(actor=actor.SYSTEM)
    rows = Client().get("/privacy/how-long/").context["rows"]
    assert len(rows) > 8
    assert all(row.lasts for row in rows)
    assert any(row.law for row in rows)
    assert "Our own promise" in text("how-long")
    assert "हमारा अपना वादा" in text("how-long", "hi")


def test_where_data_lies_names_the_country_and_what_protects_it_there():
    registered_recipient("mailer-one", country="SG")
    agreed(Product)
    page = text("where-data-lies")
    assert "Our own systems lie in: India." in page
    assert "Singapore" in page
    assert "Contract with the same level of protection" in page
    assert "सिंगापुर" in text("where-data-lies", "hi")


def test_measures_are_said_in_the_readers_language_with_the_day_of_their_evidence_and_only_when_published():
    agreed(Measure, said_hi="फ़ाइलें एन्क्रिप्ट होती हैं।", evidence_on=timedelta(days=-3))
    agreed(Measure, code="secret-one", said="The alarm is in the cellar.", is_published=False)
    page = text("measures")
    assert "Files are encrypted." in page
    assert f"Last shown: {clock.day(clock.now()) - timedelta(days=3):%-d %B %Y}" in page
    assert "cellar" not in page
    assert "No system is safe from everything." in page
    assert '<span lang="hi">फ़ाइलें एन्क्रिप्ट होती हैं।</span>' in text("measures", "hi")
    assert '<span lang="en">Files are encrypted.</span>' in text("measures", "mr")


@time_machine.travel(datetime(2026, 11, 25, 6, tzinfo=UTC))
def test_counts_tell_how_many_orders_came_and_nothing_about_anybody():
    """On a day on which what came an hour ago came in the same year."""
    asha = person()
    answered(received(asha))
    received(asha, order_number="2", is_secret=True)
    said(asha, "withdrawn")
    year = clock.day(clock.now()).year
    context = Client().get("/privacy/transparency/").context["years"]
    assert context[0][0] == year
    counted = context[0][1]
    assert (counted["received"], counted["given"], counted["open"], counted["people"]) == (1, 1, 0, 1)
    assert counted["withdrawals"] == 1
    assert AuthorityOrder.objects.count() == 2
    assert "Sessions Court" not in text("transparency")


def test_partners_and_applicants_read_their_own_notice():
    about = {"subjects": ["applicants"], "purposes": ["recruitment"], "used_categories": ["name"]}
    agreed(ProcessingActivity, code="jobs", basis_in="employment", **about)
    rows = Client().get("/privacy/partners-and-applicants/").context["groups"]
    assert [row.kinds for row in rows["applicants"]] == ["Names"]
    assert rows["partners"] == []
    assert "We have no data of these people at present." in text("partners-and-applicants")


def test_the_exit_page_leads_to_listed_hosts_only_and_carries_nothing_along():
    link = agreed(ExternalLink)
    page = Client().get("/privacy/leaving/", {"to": "https://cms.trai.gov.in/help?me=asha#top"})
    assert page.status_code == 200
    assert 'href="https://cms.trai.gov.in/help"' in page.text
    assert "me=asha" not in page.text.split("<main")[1]
    assert 'rel="noreferrer noopener external"' in page.text
    sender_entries.end(link, actor=two_people()[0], now=clock.now())
    assert Client().get("/privacy/leaving/", {"to": "https://cms.trai.gov.in/"}).status_code == 404


@pytest.mark.parametrize(
    "to",
    [
        "",
        "https://evil.example/",
        "http://cms.trai.gov.in/",
        "//cms.trai.gov.in/",
        "https://cms.trai.gov.in@evil.example/",
        "https://evil.example\\@cms.trai.gov.in/",
        "https://cms.trai.gov.in.evil.example/",
        "https://cms.trai.gov.in:8443/",
        "javascript:alert(1)",
        "https://cms.trai.gov.in/\n.evil.example",
        "https://[cms.trai.gov.in/",
        "https://cms.trai.gov.in/" + "a" * 400,
    ],
)
def test_no_other_address_becomes_a_link(to):
    agreed(ExternalLink)
    page = Client().get("/privacy/leaving/", {"to": to})
    assert page.status_code == 404
    assert "We do not lead there" in page.text
    assert "evil.example" not in page.text.split("<main")[1].split("</main>")[0]


def test_how_long_we_keep_what_says_nothing_of_our_own_work_on_the_rules():
    every_rule()
    page = Client().get("/privacy/how-long/").text
    assert "3 years" in page
    assert "checked the official text" not in page
