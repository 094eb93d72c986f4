"""Cookies: every one stands in the register; what needs a yes waits for it; one that stands in no list leaves a trace."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from consent.collection.services import cookies as faults
from consent.models import ConsentEvent, CookieDefect
from consent.prompts.services import visitor_choices
from portal.fronts.selfservice import cookies
from portal.fronts.selfservice.middleware import ListedCookies
from portal.kernel.core import clock
from portal.kernel.ledger.services import payload_of
from portal.kernel.people.selectors import refs_of
from tests.consent.factories import law_is_loaded, published_notice
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.django_db
GROUP = {
    "group": "analytics",
    "script": "selfservice/measure.js",
    "cookies": [{"name": "visits", "does": {"en": "Counts visits.", "hi": "गिनती।"}, "ends": {"en": "After 30 days."}}],
}
CHOICE = "/privacy/cookies/choice/"
ASKS = "Cookies that need your consent"


@pytest.fixture(autouse=True)
def _notice(db):
    faults.forget()
    law_is_loaded()
    return published_notice()


@pytest.fixture
def with_group(settings):
    settings.COOKIE_GROUPS = [GROUP]
    return settings


def answer(client, said, **changes):
    page = client.get("/privacy/cookies/").content.decode()
    shown = dict(re.findall(r'<input type="hidden" name="(group|list|notice)" value="([^"]*)"', page))
    return client.post(CHOICE, {**shown, "answer": said, "next": "/privacy/sitemap/", **changes})


def crawled(client, start=("/privacy/",), most=80):
    """Every page that links lead to, and what each answer set."""
    waiting, seen, found = list(start), set(), {}
    while waiting and len(seen) < most:
        path = waiting.pop()
        shape = re.sub(r"\d+|OS-\w\w-[\w-]+", "0", path)
        if shape in seen or not path.startswith(("/privacy/", "/admin/", "/staff/")) or "sign-out" in path:
            continue
        seen.add(shape)
        response = client.get(path)
        found |= {name: path for name, morsel in response.cookies.items() if morsel.value}
        if "html" in response.headers.get("Content-Type", "") and not response.streaming:
            waiting += [urlsplit(url).path for url in re.findall(r'href="(/[^"#]*)"', response.content.decode())]
    return seen, found


@pytest.mark.one_stack
@pytest.mark.parametrize("who", ["stranger", "customer", "staff"])
def test_a_walk_through_the_pages_meets_no_cookie_that_is_not_listed(who):
    client = {
        "stranger": Client,
        "customer": lambda: customer_client(CustomerUserFactory()),
        "staff": lambda: staff_client(StaffFactory(roles=["data_protection_officer"])),
    }[who]()
    seen, found = crawled(client, ("/admin/",) if who == "staff" else ("/privacy/",))
    assert len(seen) > 8
    assert {name: path for name, path in found.items() if name not in cookies.names()} == {}
    assert not CookieDefect.objects.exists()


#: On pages of staff alone, for what was typed and not sent (``decisions/staff-pages.md``); signing out empties it.
OF_STAFF = {"typed.js": {"sessionStorage"}}


def test_no_script_of_ours_keeps_anything_in_the_browser_of_a_customer():
    scripts = list(Path(settings.BASE_DIR).glob("portal/**/static/**/*.js"))
    scripts += list((Path(settings.BASE_DIR) / "templates").rglob("*.js"))
    assert scripts
    for path in scripts:
        kept = re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie", path.read_text())
        assert set(kept) == OF_STAFF.get(path.name, set()), path.name
    for template in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        if "typed.js" in template.read_text():
            assert template.relative_to(Path(settings.BASE_DIR) / "templates").parts[0] == "admin"


def test_a_cookie_that_stands_in_no_list_is_a_defect_by_its_name_alone(rf):
    def sets(request):
        response = HttpResponse()
        response.set_cookie("tracker", "asha@acme.example")
        response.delete_cookie("old")
        return response

    for _time in range(2):
        answered = ListedCookies(sets)(rf.get("/privacy/"))
    row = CookieDefect.objects.get()
    assert (row.name, row.fault) == ("tracker", "unlisted")
    assert "asha" not in json.dumps([str(value) for value in vars(row).values()])
    assert answered.cookies["tracker"].value


def test_a_cookie_that_needs_a_yes_is_taken_out_until_it_is_there(with_group):
    def sets(request):
        response = HttpResponse()
        response.set_cookie("visits", "1")
        return response

    assert "visits" not in ListedCookies(sets)(RequestFactory().get("/")).cookies
    assert CookieDefect.objects.get().fault == "without_yes"
    client = Client()
    answer(client, "yes")
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    assert ListedCookies(sets)(request).cookies["visits"].value == "1"


def test_with_essential_cookies_alone_nobody_is_asked(client, django_assert_max_num_queries):
    assert ASKS not in client.get("/privacy/sitemap/").content.decode()
    assert client.post(CHOICE, {"group": "analytics", "answer": "yes"}).status_code == 404


def test_a_group_is_asked_for_with_two_equal_buttons_and_nothing_runs_before_the_yes(with_group, client):
    page = client.get("/privacy/sitemap/").content.decode()
    assert ASKS in page
    assert page.index('class="skip"') < page.index(ASKS) < page.index("<header")
    buttons = re.findall(r'<button class="([^"]*)" name="answer" value="(yes|no)"', page)
    assert [value for _class, value in buttons] == ["yes", "no"]
    assert len({style for style, _value in buttons}) == 1
    assert "measure.js" not in page
    assert "visits" not in client.cookies


@pytest.mark.parametrize(("said", "kept"), [("yes", "given"), ("no", "denied")])
def test_one_press_is_one_event_with_the_list_in_the_ledger_and_is_not_asked_again(with_group, client, said, kept):
    assert answer(client, said).url == "/privacy/sitemap/"
    event = ConsentEvent.objects.get()
    assert (event.purpose, event.channel, event.answer) == ("analytics", "none", kept)
    assert payload_of(event.entry)["evidence"][0] == {"type": "cookies", "sha256": cookies.groups()[0].fingerprint}
    page = client.get("/privacy/sitemap/").content.decode()
    assert ASKS not in page
    assert ("measure.js" in page) == (said == "yes")
    assert ("You agreed." in client.get("/privacy/cookies/").content.decode()) == (said == "yes")


def test_a_choice_ends_and_is_asked_for_again_when_the_group_changes(with_group, client, monkeypatch):
    answer(client, "yes")
    with_group.COOKIE_GROUPS = [{**GROUP, "cookies": [*GROUP["cookies"], {**GROUP["cookies"][0], "name": "more"}]}]
    page = client.get("/privacy/sitemap/").content.decode()
    assert ASKS in page
    assert "measure.js" not in page
    with_group.COOKIE_GROUPS = [GROUP]
    assert ASKS not in client.get("/privacy/sitemap/").content.decode()
    later = clock.now() + timedelta(days=800)
    monkeypatch.setattr("portal.fronts.selfservice.cookie_choices.clock.now", lambda: later)
    assert ASKS in client.get("/privacy/sitemap/").content.decode()


def test_only_the_changed_group_is_asked_for(with_group, client):
    other = {**GROUP, "group": "call_recording", "script": ""}
    with_group.COOKIE_GROUPS = [GROUP, other]
    answer(client, "no", group="analytics", list=cookies.groups()[0].fingerprint)
    page = client.get("/privacy/sitemap/").content.decode()
    assert 'value="call_recording"' in page
    assert 'value="analytics"' not in page


def test_a_list_or_text_that_changed_meanwhile_is_not_agreed_to(with_group, client):
    answer(client, "yes", list="0" * 64)
    answer(client, "yes", notice="0" * 64)
    assert not ConsentEvent.objects.exists()
    assert answer(client, "maybe").status_code == 404
    assert client.get(CHOICE).url == "/privacy/cookies/"


def test_what_we_did_not_sign_is_no_choice(with_group, client):
    client.cookies["cookie_choice"] = '{"visitor": "", "answers": {"analytics": ["x", true, 9999999999]}}'
    assert ASKS in client.get("/privacy/sitemap/").content.decode()


def test_a_browser_that_says_no_by_itself_is_not_asked_and_runs_nothing(with_group, client):
    answer(client, "yes")
    page = client.get("/privacy/sitemap/", headers={"sec-gpc": "1"}).content.decode()
    assert "measure.js" not in page
    fresh = Client().get("/privacy/sitemap/", headers={"sec-gpc": "1"}).content.decode()
    assert ASKS not in fresh
    page = Client().get("/privacy/cookies/", headers={"sec-gpc": "1"}).content.decode()
    assert "Your browser says no for you" in page
    assert client.get("/.well-known/gpc.json").json()["gpc"] is True


def test_a_visitors_choice_is_kept_for_the_person_they_turn_out_to_be(with_group, client):
    answer(client, "yes")
    visitor = ConsentEvent.objects.get().subject_ref
    assert client.session[visitor_choices.SESSION_KEY] == str(visitor)
    answer(client, "no")
    assert ConsentEvent.objects.filter(subject_ref=visitor).count() == 2
    user = CustomerUserFactory()
    her = customer_client(user)
    answer(her, "yes")
    assert ConsentEvent.objects.order_by("-pk").first().subject_ref in refs_of(user.principal.subject.ref)


def test_what_a_visitor_chose_here_runs_nothing_for_the_person_who_signs_in(with_group, client):
    answer(client, "yes")
    assert "measure.js" in client.get("/privacy/sitemap/").text
    her = customer_client(CustomerUserFactory())
    her.cookies["cookie_choice"] = client.cookies["cookie_choice"].value
    page = her.get("/privacy/sitemap/").text
    assert "measure.js" not in page
    assert ASKS in page
    answer(her, "no")
    assert ASKS not in her.get("/privacy/sitemap/").text


def test_the_register_is_what_the_page_shows(with_group, client):
    page = client.get(reverse("privacy:cookies"), headers={"accept-language": "hi"}).content.decode()
    for name in cookies.names():
        assert f"<code>{name}</code>" in page
    assert "गिनती।" in page


def test_a_yes_in_a_browser_that_says_no_by_itself_is_told_as_what_it_is(with_group):
    """The script stays away as long as the browser sends the signal: nobody says that cookies may be set now."""
    her = Client(headers={"Sec-GPC": "1"})
    response = answer(her, "yes")
    page = her.get(response.url).text
    assert "These cookies may be set now" not in page
    assert "You agreed. Your browser refuses for you, so none of them is set as long as it does." in page
