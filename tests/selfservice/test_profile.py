"""What the account holds about the person, and the correction of each line: an ordinary request, made without a script."""

import pytest

from grievances.base.request_choices import Right
from grievances.models import RightsRequest
from grievances.tickets.services import thread_access
from tests.people.factories import ContactPointFactory, CustomerUserFactory, MembershipFactory, PrincipalFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
PROFILE = "/privacy/profile/"


@pytest.fixture
def asha():
    principal = PrincipalFactory(full_name="Asha Roa", zone="Asia/Kolkata")
    ContactPointFactory(principal=principal, kind="phone", address="+919999900320")
    return CustomerUserFactory(principal=principal)


def test_the_page_shows_each_line_with_the_way_to_have_it_corrected(asha) -> None:
    MembershipFactory(principal=asha.principal, customer__name="Acme Traders")
    PrincipalFactory(full_name="Somebody Else")
    page = customer_client(asha).get(PROFILE).text
    for held in ("Asha Roa", "+919999900320", "Asia/Kolkata", "Acme Traders", "India"):
        assert held in page
    assert "Somebody Else" not in page
    for way in ("name", "language", "zone", "organisation", "other"):
        assert f'href="{PROFILE}{way}/"' in page
    assert 'href="/privacy/account/"' in page


def test_a_correction_asked_here_is_a_request_like_any_other_and_is_shown_as_waiting(asha) -> None:
    client = customer_client(asha)
    kept = client.post(f"{PROFILE}name/", {"should_be": "Asha Rao", "words": ""})
    assert kept.headers["Location"] == "/privacy/requests/new/check/"
    assert "Asha Rao" in client.get("/privacy/requests/new/check/").text
    client.post("/privacy/requests/new/check/")
    found = RightsRequest.objects.get()
    assert (found.right, found.was_signed_in) == (Right.CORRECTION, True)
    assert thread_access.details_of(found) == {"field": "name", "should_be": "Asha Rao"}
    assert found.ticket.reference in client.get(PROFILE).text


@pytest.mark.parametrize(("field", "wrong"), [("zone", "Mumbai"), ("language", "xx"), ("name", " ")])
def test_what_cannot_be_written_down_is_said_beside_the_question(asha, field: str, wrong: str) -> None:
    answer = customer_client(asha).post(f"{PROFILE}{field}/", {"should_be": wrong, "words": ""})
    assert answer.status_code == 422
    assert "error" in answer.text


def test_an_address_is_not_corrected_here_and_a_stranger_signs_in_first(asha, client) -> None:
    assert customer_client(asha).get(f"{PROFILE}email/").status_code == 404
    assert client.get(PROFILE).headers["Location"].startswith("/privacy/sign-in/")


@pytest.mark.parametrize(("field", "same"), [("name", " Asha Roa "), ("zone", "Asia/Kolkata"), ("language", "en")])
def test_a_correction_to_what_stands_already_is_none(asha, field: str, same: str) -> None:
    answer = customer_client(asha).post(f"{PROFILE}{field}/", {"should_be": same, "words": ""})
    assert answer.status_code == 422
    assert "Our record says this already." in answer.text
