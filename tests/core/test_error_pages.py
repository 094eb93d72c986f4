import io
import json
import logging
from http import HTTPStatus

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.utils import translation

from portal.kernel.core import error_pages, error_texts, logs
from portal.kernel.core.errors import LostRace, NotAllowed, NotFound, Refused, Unavailable


def explode(request):
    raise ValueError("the PAN ABCPE1234F was entered")


def raiser(error):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("explode", explode),
    path("refused", raiser(Refused("Choose a later date."))),
    path("not-allowed", raiser(NotAllowed("x"))),
    path("not-found", raiser(NotFound("x"))),
    path("lost-race", raiser(LostRace("Load the page again."))),
    path("unavailable", raiser(Unavailable())),
    path("unavailable-why", raiser(Unavailable("What is kept here is being erased at this moment."))),
    path("too-big", raiser(RequestDataTooBig("x"))),
    path("form", lambda request: HttpResponse("fine")),
]
handler400, handler403 = error_pages.bad_request, error_pages.forbidden
handler404, handler500 = error_pages.not_found, error_pages.server_error

pytestmark = pytest.mark.urls("tests.core.test_error_pages")


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("refused", 400),
        ("not-allowed", 403),
        ("not-found", 404),
        ("lost-race", 409),
        ("nowhere", 404),
        ("too-big", 413),
        ("unavailable", 503),
        ("explode", 500),
    ],
)
def test_each_error_has_its_status_and_a_reference(visitor, address, status):
    answer = visitor.get(f"/{address}")
    assert answer.status_code == status
    assert "OS-ER-" in answer.text
    assert "Traceback" not in answer.text


def test_a_refusal_says_what_to_do(visitor):
    assert "Choose a later date." in visitor.get("/refused").text


def test_what_is_down_for_now_says_when_to_try_again_and_why(visitor):
    answer = visitor.get("/unavailable")
    assert answer.headers["Retry-After"] == "300"
    assert "Try again in 5 minutes" in answer.text
    assert "being erased at this moment" in visitor.get("/unavailable-why").text


@pytest.fixture
def log_lines():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_crash_shows_no_data_and_logs_only_its_place(visitor, log_lines):
    answer = visitor.get("/explode")
    assert "ABCPE1234F" not in answer.text
    lines = log_lines()
    assert "ABCPE1234F" not in str(lines)
    crash = next(line for line in lines if line.get("error") == "ValueError")
    assert "explode" in crash["frames"][-1]
    assert crash["request"] in answer.text


def test_the_page_of_a_crash_needs_no_database(visitor, django_db_blocker):
    connection.close()
    answer = visitor.get("/explode")
    assert answer.status_code == 500


def test_a_form_of_an_ended_session_says_so_and_changes_nothing(visitor):
    answer = visitor.post("/form", {"text": "kept"})
    assert answer.status_code == 403
    assert "OS-ER-" in answer.text


def test_a_form_of_an_ended_session_gives_back_what_was_written_without_secrets(visitor):
    answer = visitor.post(
        "/form", {"text": "They <b>wrote</b> at night.", "password": "Hidden words 1", "act": "save", "of": "a" * 64}
    )
    assert "They &lt;b&gt;wrote&lt;/b&gt; at night." in answer.text
    assert "Go back in your browser" not in answer.text
    assert "Hidden words 1" not in answer.text
    assert answer.context["kept"] == ["They <b>wrote</b> at night."]


def test_the_words_of_another_site_are_not_repeated_on_a_page_of_ours(visitor):
    answer = visitor.post("/form", {"text": "Call this number."}, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert "Call this number." not in answer.text


def test_too_many_tries_say_when_to_come_back_and_give_back_what_was_written():
    request = RequestFactory().post("/x", {"words": "They wrote at night."})
    answer = error_pages.too_many(request)
    assert answer.headers["Retry-After"] == "3600"
    assert "Wait an hour" in answer.text
    assert "They wrote at night." in answer.text


@override_settings(ALLOWED_HOSTS=["portal.example"])
def test_a_wrong_host_is_a_bad_request(visitor):
    assert visitor.get("/form", headers={"host": "evil.example"}).status_code == 400


def test_the_pages_too_large_and_too_many_have_their_status():
    request = RequestFactory().get("/")
    assert error_pages.too_large(request).status_code == 413
    assert error_pages.too_many(request).status_code == 429


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
@pytest.mark.parametrize("name", sorted(error_texts.TEXTS))
def test_every_page_speaks_the_three_languages_and_the_readers_first(name, language):
    with translation.override(language):
        body = error_pages.page(RequestFactory().get("/x"), HTTPStatus.NOT_FOUND, name).text
    texts = error_texts.TEXTS[name]
    assert f'<html lang="{language}"' in body
    assert f"<h1>{texts[language].title}</h1>" in body
    for other in set(texts) - {language}:
        assert f'lang="{other}"' in body
        assert texts[other].title in body


def test_a_page_of_the_workplace_leads_back_to_it():
    assert 'href="/admin/"' in error_pages.not_found(RequestFactory().get("/admin/x/")).text
    assert 'href="/admin/"' not in error_pages.not_found(RequestFactory().get("/privacy/x/")).text


def test_a_long_run_of_words_and_colons_is_given_back_and_no_puzzle(visitor):
    """Each way to split it was tried once, and a request of a few hundred bytes never came back."""
    written = ":".join(["aaa"] * 60) + "!"
    assert written in visitor.post("/form", {"message": written}).text
