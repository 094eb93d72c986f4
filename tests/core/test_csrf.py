"""Forms of pages without a referrer are ours when the browser says so, and nobody else's."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory

from portal.kernel.core.middleware import CsrfProtection


def passes(*, secure: bool = True, token: bool = True, **headers: str) -> bool:
    protection = CsrfProtection(lambda request: HttpResponse())
    shown: HttpRequest = RequestFactory().get("/")
    value = get_token(shown)
    sent = RequestFactory(headers=headers).post("/", {"csrfmiddlewaretoken": value} if token else {}, secure=secure)
    sent.COOKIES["csrftoken"] = shown.META["CSRF_COOKIE"]
    protection.process_request(sent)
    return protection.process_view(sent, lambda request: HttpResponse(), (), {}) is None


def test_a_form_of_our_own_page_passes_without_a_referrer() -> None:
    assert passes(origin="null", sec_fetch_site="same-origin")
    assert passes(origin="https://testserver")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_form_that_the_browser_calls_foreign_is_refused(site: str) -> None:
    assert not passes(origin="null", sec_fetch_site=site)


def test_without_word_from_the_browser_a_hidden_origin_is_refused_under_tls() -> None:
    assert not passes(origin="null")
    assert passes(origin="null", secure=False)


def test_the_token_is_still_asked_for() -> None:
    assert not passes(origin="null", sec_fetch_site="same-origin", token=False)
    assert not passes(origin="https://elsewhere.example", sec_fetch_site="same-origin")
