"""What machines ask before each message takes a short way, on which nothing that counts for them is missing."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

SHORT, LONG = "/api/v1/decisions", "/api/v1/key"


def test_nothing_of_a_browser_is_looked_for():
    on_short = Client().post(SHORT).wsgi_request
    assert not hasattr(on_short, "session")
    assert not hasattr(on_short, "user")
    assert hasattr(Client().get(LONG).wsgi_request, "session")


def test_the_answer_has_the_headers_of_every_other():
    short, long = Client().post(SHORT), Client().get(LONG)
    assert (short.status_code, long.status_code) == (401, 401)
    assert {name: value for name, value in short.items() if name != "Content-Length"} == {
        name: value for name, value in long.items() if name != "Content-Length"
    }


def test_a_wrong_method_and_an_unknown_address_are_problems_there_too():
    answers = [Client().get(SHORT), Client().post(f"{SHORT}/nothing")]
    assert [answer.status_code for answer in answers] == [405, 404]
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert answers[0]["Allow"] == "POST"


def test_a_request_without_tls_is_sent_on_where_tls_is_demanded(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().post(SHORT).status_code == 301


def test_the_reader_s_language_counts(settings):
    answer = Client().post(SHORT, headers={"Accept-Language": "hi"})
    assert answer["Content-Language"] == "hi"
