"""No bare 405 for a customer, and nothing that was sent gets lost without a word."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from grievances.base.choices import EntryKind
from grievances.models import TicketEntry
from portal.kernel.core import clock
from tests.grievances.factories import ticket as make
from tests.people.factories import CustomerFactory, CustomerUserFactory
from tests.selfservice.test_track import opened
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def ticket():
    return make(at=clock.now())


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/privacy/preferences/stop/", "/privacy/preferences/"),
        ("/privacy/account/contact/5/remove/", "/privacy/account/"),
        ("/privacy/consents/OS-CE-7K4M-9QX2/3/withdraw/", "/privacy/consents/OS-CE-7K4M-9QX2/"),
        ("/privacy/sign-out/", "/privacy/"),
    ],
)
def test_looking_at_an_address_that_only_takes_a_form_leads_to_the_page_it_belongs_to(asked, led_to) -> None:
    her = customer_client(CustomerUserFactory())
    assert her.get(asked).headers["Location"] == led_to
    assert her.head(asked).headers["Location"] == led_to


def test_a_change_of_language_after_an_error_leads_back_to_the_grievance(client, ticket) -> None:
    where = opened(client, ticket)
    wrong = client.post(f"{where}message/", {"message": "", "once": str(uuid4())})
    assert f'form="answers" formaction="{where}" name="in_language"' in wrong.text
    client.post("/privacy/language/", {"language": "hi", "next": f"{where}message/"})
    page = client.get(f"{where}message/", follow=True)
    assert page.redirect_chain == [(where, 302)]
    assert '<html lang="hi"' in page.text


def test_the_way_back_from_the_sign_in_page_leads_to_the_people_of_the_organisation() -> None:
    acme = CustomerFactory()
    owner = CustomerUserFactory(member_of=acme)
    remove = reverse("privacy:change-member", args=[acme.reference, 208])
    ended = Client().post(remove, {"act": "remove"})
    assert ended.headers["Location"].startswith(reverse("privacy:sign-in"))
    her = customer_client(owner)
    assert her.get(remove).headers["Location"] == reverse("privacy:members", args=[acme.reference])


def test_what_no_page_takes_gets_a_page_of_ours_in_three_languages(client) -> None:
    for method in (client.post, client.put, client.delete):
        answer = method("/privacy/sitemap/")
        assert answer.status_code == 405
        assert answer.headers["Allow"]
        assert "This page cannot do that" in answer.text
        assert "यह पेज ऐसा नहीं कर सकता" in answer.text
        assert "हे पान असे करू शकत नाही" in answer.text


def test_a_machine_gets_the_plain_405(client) -> None:
    assert client.post("/ledger/checkpoint").content == b""


def test_a_form_sent_after_the_session_ended_says_that_nothing_was_saved() -> None:
    page = Client().post("/privacy/preferences/", {"choices": "marketing:sms"}, follow=True).text
    assert "Nothing was saved: your session had ended." in page
    assert "Nothing was saved" not in Client().get("/privacy/preferences/", follow=True).text


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("message/", {"message": "It <b>happened</b> again."}),
        ("settle/", {"settled": "no", "why": "It <b>happened</b> again."}),
        ("reopen/", {"message": "It <b>happened</b> again."}),
    ],
)
def test_words_sent_to_a_grievance_that_is_no_longer_open_here_come_back(client, ticket, path, data) -> None:
    where = opened(client, ticket)
    client.post("/privacy/track/leave/")
    answer = client.post(where + path, data | {"once": str(uuid4())})
    assert answer.status_code == 403
    assert "Nothing was sent" in answer.text
    assert ">It &lt;b&gt;happened&lt;/b&gt; again.</textarea>" in answer.text
    assert f'value="{ticket.reference}"' in answer.text
    assert not TicketEntry.objects.filter(kind=EntryKind.MESSAGE).exists()
