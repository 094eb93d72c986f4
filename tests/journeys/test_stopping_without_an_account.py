"""Messages are stopped without an account: three pages, two fields, three presses, no cookie; with one, at one press."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from consent.collection.services import public_opt_outs
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from portal.fronts.selfservice.views import public_opt_outs as views
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.services import codes
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory, FiduciaryFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}
STRANGER = "+919811112222"
#: Pages on which nobody may be led while they stop something: sign-in, age and consent.
ON_NO_WAY = ("/sign-in/", "/age/", "/questions/", "/preferences/")


@pytest.fixture
def demonstration(transactional_db, settings, tmp_path):
    """The demonstration's gateway: what it would send lies in the mailbox."""
    settings.DEMO = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": "portal.demo.gateway.MailboxChannel"}
    cache.clear()
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")


@pytest.fixture
def asha(demonstration):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    said(asha, "given")
    said(asha, "given", channel="email")
    return asha


def in_language(language: str):
    def says(text: str, **about: str) -> str:
        with translation.override(language):
            return translation.gettext(text) % about if about else translation.gettext(text)

    return says


def code_that_came() -> str:
    """What the worker sends; the code in it."""
    public_opt_outs.send_code(OneTimeCode.objects.latest("pk").pk, language="en", now=clock.now())
    delivery.deliver(Message.objects.latest("pk").pk, now=clock.now())
    return codes.plain(OneTimeCode.objects.latest("pk"))


class Walk:
    """Counts what a way costs: each press, each field that was filled in, and each page it led to."""

    def __init__(self, somebody, page) -> None:
        self.somebody, self.page = somebody, page
        self.pages: list[str] = []
        self.fields = self.presses = 0

    def presses_on(self, found) -> None:
        found.first.click()
        self.presses += 1
        self.somebody.looks()
        self.pages.append(urlsplit(self.page.url).path)

    def fills(self, name: str, value: str) -> None:
        self.page.locator(f"#id_{name}").fill(value)
        self.fields += 1

    @property
    def cost(self) -> tuple[int, int, int]:
        return len(self.pages), self.fields, self.presses


def stops_as_a_stranger(somebody, language="en", address="98111 12222") -> Walk:
    says = in_language(language)
    page = somebody.goes_to("/privacy/")
    if language != "en":
        page.get_by_role("button", name=LANGUAGES[language]).click()
        somebody.looks()
    walk = Walk(somebody, page)
    walk.presses_on(page.locator("main").get_by_role("link", name=says("Stop messages")))
    walk.fills("address", address)
    walk.presses_on(page.get_by_role("button", name=says("Send me a code")))
    walk.fills("code", code_that_came())
    walk.presses_on(page.get_by_role("button", name=says("Stop all promotional messages")))
    return walk


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stranger_stops_everything_in_three_pages_two_fields_and_three_presses(window, demonstration, language):
    somebody, says = window(narrow=True), in_language(language)
    walk = stops_as_a_stranger(somebody, language)
    assert walk.pages == ["/privacy/stop/", "/privacy/stop/code/", "/privacy/stop/done/"]
    assert walk.cost == (3, 2, 3)
    assert Suppression.objects.filter(lift=None).count() == 2
    main = walk.page.locator("main").inner_text()
    assert (
        says("Done. No promotional messages will be sent to %(masked)s from now on.", masked="+91 •••• ••2222") in main
    )
    cookies = {cookie["name"] for cookie in somebody.context.cookies()}
    assert cookies <= {"django_language"}, "only who chose a language by hand has that cookie"
    assert not cookies or language != "en"
    assert not any(on in path for path in walk.pages for on in ON_NO_WAY)
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("start", ["/privacy/", "/privacy/stop/"])
def test_a_person_who_is_signed_in_stops_everything_at_one_press(window, asha, start):
    somebody = window(narrow=True)
    somebody.signs_in_with(customer_client(asha.user))
    page = somebody.goes_to(start)
    assert "a•" in page.locator("main").inner_text(), "the confirmed address is named"
    walk = Walk(somebody, page)
    walk.presses_on(page.get_by_role("button", name="Stop all promotional messages"))
    assert walk.cost == (1, 0, 1)
    assert not ConsentState.objects.filter(answer__in=("given", "renewed"), purpose="marketing").exists()
    assert {row.fiduciary.code for row in Suppression.objects.filter(lift=None)} == {"onesetu", "acme-bank"}


def test_after_a_stop_no_page_has_a_stop_button(window, asha):
    somebody = window(narrow=True)
    page = stops_as_a_stranger(somebody, address=ASHA_PHONE).page
    button = page.get_by_role("button", name=re.compile("^Stop "))
    assert button.count() == 0
    page.goto(page.url.replace("/stop/done/", "/stop/choose/"))
    somebody.looks()
    assert button.count() == 0
    assert "Stopped already, since " in page.locator("main").inner_text()
    signed_in = window(narrow=True)
    signed_in.signs_in_with(customer_client(asha.user))
    for path in ("/privacy/", "/privacy/stop/", "/privacy/preferences/"):
        page = signed_in.goes_to(path)
        assert page.get_by_role("button", name=re.compile("^Stop ")).count() == 0, path
        assert "Stopped already, since " in page.locator("main").inner_text(), path


def test_a_second_visit_says_since_when_it_is_stopped(window, demonstration):
    stops_as_a_stranger(window(narrow=True))
    page = stops_as_a_stranger(window(narrow=True)).page
    assert "Already stopped since " in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Undo").count() == 0


def answers() -> list[tuple[str, str, str, str]]:
    rows = ConsentState.objects.order_by("fiduciary", "purpose", "channel")
    return [
        (row.fiduciary.code, row.purpose, row.channel, row.answer)
        for row in rows
        if row.answer in {"given", "renewed", "denied", "withdrawn"}
    ]


def test_an_undo_restores_exactly_what_was_there_before(window, asha):
    before = answers()
    somebody = window(narrow=True)
    page = stops_as_a_stranger(somebody, address=ASHA_PHONE).page
    assert answers() != before
    page.get_by_role("button", name="Undo").click()
    somebody.looks()
    assert "Undone. Your earlier consents are active again." in page.locator("main").inner_text()
    assert answers() == before
    assert not Suppression.objects.filter(lift=None).exists()


def test_ten_minutes_later_an_undo_is_refused_in_words(window, asha):
    somebody = window(narrow=True)
    page = stops_as_a_stranger(somebody, address=ASHA_PHONE).page
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1)):
        page.get_by_role("button", name="Undo").click()
        somebody.looks()
    assert "It is too late to undo this" in page.locator("main").inner_text()
    assert Suppression.objects.filter(lift=None).exists()


def test_whoever_leaves_shuts_the_pages_for_the_next_person_at_the_computer(window, demonstration):
    somebody = window(narrow=True)
    page = stops_as_a_stranger(somebody).page
    done = page.url
    page.get_by_role("button", name="Leave this page").click()
    somebody.looks()
    page.goto(done)
    assert urlsplit(page.url).path == "/privacy/stop/"
    assert STRANGER[-4:] not in page.content()


def _raises():
    raise AssertionError("the page read who is signed in")


class NoSession:
    """Every look into it fails the test."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"the page read the session: {name}")


def test_the_pages_of_a_stop_read_neither_session_nor_user_and_set_no_cookie(demonstration):
    def asks(view, path, method="post", **data):
        request = (
            getattr(RequestFactory(), method)(path, data) if method == "get" else RequestFactory().post(path, data)
        )
        request.session, request.user = NoSession(), SimpleLazyObject(_raises)
        request._messages, request.LANGUAGE_CODE = SimpleLazyObject(_raises), "en"
        answer = view(request)
        assert not answer.cookies
        assert "Set-Cookie" not in answer.headers
        return answer

    assert asks(views.ask, "/privacy/stop/", "get").status_code == 200
    asked = asks(views.ask, "/privacy/stop/", address=STRANGER)
    typed = codes.plain(OneTimeCode.objects.latest("pk"))
    assert asks(views.code, asked.url, "get").status_code in {200, 302}
    query = urlsplit(asked.url).query
    for view, path, data in (
        (views.code, f"/privacy/stop/code/?{query}", {"code": "000000"}),
        (views.code, f"/privacy/stop/code/?{query}", {"code": typed, "act": "show"}),
        (views.code, f"/privacy/stop/code/?{query}", {"code": typed, "act": "all"}),
        (views.done, f"/privacy/stop/done/?{query}", {"act": "undo", "of": "none"}),
        (views.choose, f"/privacy/stop/choose/?{query}", {"act": "onesetu"}),
        (views.done, f"/privacy/stop/done/?{query}", {"act": "leave"}),
    ):
        answer = asks(view, path, **data)
        assert answer.status_code in {200, 302, 422}, path
    assert Suppression.objects.filter(lift=None).count() == 2
