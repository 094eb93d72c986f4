import pytest
from django.test import Client, RequestFactory

from portal.kernel.core.middleware import client_address


def test_every_answer_carries_the_strict_headers():
    answer = Client().get("/healthz")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_that_the_visitor_claims_is_not_believed(settings):
    settings.TRUSTED_PROXIES = 0
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": "203.0.113.9"})
    assert client_address(request) == "192.0.2.1"


@pytest.mark.parametrize("length", ["12582913", "999999999999", "-1", "many"])
def test_a_request_larger_than_any_file_we_take_is_turned_away_unread(length):
    answer = Client().post("/privacy/", CONTENT_LENGTH=length)
    assert answer.status_code == 413
    assert "OS-ER-" in answer.text


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies, header, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": header})
    assert client_address(request) == address
