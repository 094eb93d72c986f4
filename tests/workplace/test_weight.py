"""How many bytes a page costs a visitor who comes for the first time, uncompressed: text, styles and scripts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from consent.base.selectors import contact_rulebook
from consent.models import NoticeText
from tests.consent.factories import ASHA, ASKED, law_is_loaded, person, published_notice, said, translated
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db

#: A page of 30 kB with styles of 26 kB.
CUSTOMERS, STYLES = 56_000, 26_000
#: What the heaviest page leaves free: a sentence more, or a longer month, must not make it too heavy.
ROOM = 2_000
STAFF = 400_000


def weight(answer):
    linked = re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))', answer.text)
    return len(answer.content) + sum(Path(finders.find(name)).stat().st_size for name in set(linked))


@pytest.mark.parametrize(
    "address",
    ["/privacy/", "/privacy/cookies/", "/privacy/grievances/new/", "/privacy/track/", "/privacy/no-such-page/"],
)
@pytest.mark.parametrize("language", ["en", "mr"])
def test_a_customers_page_is_light(address, language):
    answer = Client(headers={"accept-language": language}).get(address)
    assert weight(answer) < CUSTOMERS


def test_the_styles_of_customers_pages_are_light():
    """The menu of every page is in them: a visitor gets them once."""
    linked = re.findall(r'href="/static/([^"?]+\.css)', Client().get("/privacy/").text)
    assert linked
    assert sum(Path(finders.find(name)).stat().st_size for name in set(linked)) < STYLES


CHANNELS = ("sms", "whatsapp", "rcs", "email", "voice", "push", "dashboard")
#: The boxes of two categories of messages, and of four uses of data; consent about Aadhaar is asked with the document.
BOXES = 2 * len(CHANNELS) + 4
#: A text as long in letters as the demonstration's, three bytes a letter.
DEVANAGARI = "आम्ही तुमचा डेटा कशासाठी वापरतो. "


@pytest.fixture
def february() -> Iterator[None]:
    """Dates of answers take most room then: the month's name is the longest in Hindi and Marathi."""
    with time_machine.travel(datetime(2027, 2, 28, 6, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def asked_everything(db, february):
    """A customer with every address, of whom all that can be asked is asked, in texts of real length."""
    contact_rulebook.forget()
    law_is_loaded()
    data = settings.BASE_DIR / "portal/demo/data"
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    text = (data / "consent_notice.en.txt").read_text(encoding="utf-8")
    aadhaar = (data / "aadhaar_notice.en.txt").read_text(encoding="utf-8")
    published_notice(text=text)
    published_notice(code="aadhaar", asks=["aadhaar_verification"], text=aadhaar)
    return asha


def answer_all(asha):
    for code in ASKED:
        for channel in CHANNELS if code in {"marketing", "product_updates"} else ["none"]:
            said(asha, "given", purpose=code, channel=channel)
    asha.contact_points.update(verified_at=None)


@pytest.mark.parametrize("has_answered", [False, True])
@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_the_page_of_all_choices_is_light_where_everything_is_asked(asked_everything, language, has_answered):
    if has_answered:
        answer_all(asked_everything)
    her = customer_client(asked_everything.user)
    answer = her.get("/privacy/preferences/", headers={"accept-language": language})
    # A new consent needs its notice in the language; what is asked where it is needed has no box before that.
    has_boxes = has_answered or language == "en"
    assert answer.text.count('name="choices"') == (BOXES if has_boxes else 0)
    assert weight(answer) < CUSTOMERS - ROOM
    ids = re.findall(r' id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    described = re.findall(r'aria-describedby="([^"]+)"', answer.text)
    assert {one for each in described for one in each.split()} <= set(ids)


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_the_page_that_asks_for_all_of_it_is_light_in_a_text_of_that_language(asked_everything, language):
    for text in list(NoticeText.objects.all()):
        translated(text.version, language, text=DEVANAGARI * (len(text.text) // len(DEVANAGARI) + 1))
    her = customer_client(asked_everything.user)
    headers = {"accept-language": language}
    page = her.get("/privacy/preferences/", headers=headers).text
    boxes = re.findall(r'name="choices" value="([^"]+)"', page)
    assert len(boxes) == BOXES
    answer = her.post("/privacy/preferences/", {"choices": boxes}, headers=headers, follow=True)
    assert DEVANAGARI in answer.text
    assert len(answer.content) < CUSTOMERS


@pytest.mark.parametrize(
    "address",
    ["/admin/", "/admin/law/legalrule/", "/admin/audit/auditevent/", "/admin/workplace/purposeproposal/add/"],
)
def test_a_page_of_the_workplace_is_light(staff, address):
    assert weight(staff("administrator", "data_protection_officer").get(address)) < STAFF


def test_a_full_list_of_the_workplace_is_light(staff):
    """Fifty rows of the longest list; a row counts some 2 kB."""
    law_is_loaded()
    published_notice()
    asha = person()
    for answer in ["given", "withdrawn"] * 25:
        said(asha, answer)
    page = staff("data_protection_officer").get("/admin/consent/consentevent/")
    assert page.context["cl"].result_count == 50
    assert weight(page) < 0.75 * STAFF
