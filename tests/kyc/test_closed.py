"""A closed account takes no papers and no statements, by no door; what is there is read, and asked to be deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kyc.models import Document
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services.customer_types import say_type
from kyc.review.services.document_uploads import send
from kyc.review.services.related_parties import add_person, leave, say_nobody_else
from portal.fronts.selfservice.views import kyc_lists
from portal.kernel.core import actor
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Customer, User
from portal.kernel.people.services import customers
from tests.kyc.factories import CUSTOMER, NOW, company_pan, gst, party_of
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "same_process")]


@pytest.fixture
def director(organisation: Customer) -> User:
    found: User = CustomerUserFactory(member_of=organisation)
    return found


@pytest.fixture
def draft(organisation: Customer, director: User) -> Document:
    """A paper that nobody has sent yet, of an account that was closed since, with a person on the list."""
    sent = company_pan(organisation)
    party_of(organisation)
    customers.close(customer=organisation, actor=actor.SYSTEM)
    return Document.objects.get(pk=sent.pk)


ACTS: dict[str, Callable[[Document, Actor], Any]] = {
    "send a file": lambda paper, by: gst(paper.case.customer, actor=by),
    "send it for checking": lambda paper, by: send(paper, actor=by, now=NOW),
    "say what it is": lambda paper, by: say_type(paper.case, customer_type="company", actor=by, now=NOW),
    "name someone": lambda p, by: add_person(p.case, full_name="Meera", roles=["signatory"], actor=by, now=NOW),
    "take somebody off": lambda paper, by: leave(paper.case.parties.get(), actor=by, now=NOW),
    "say that nobody else owns it": lambda paper, by: say_nobody_else(paper.case, actor=by, now=NOW),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_closed_account_takes_nothing(draft: Document, director: User, act: str) -> None:
    customer = draft.case.customer
    program, clerk = actor.interface(1), actor.staff(StaffFactory(roles=["kyc_maker"]).pk)
    for by in (actor.customer(director.pk), program, clerk):
        with pytest.raises(Refused) as refused:
            ACTS[act](draft, by)
        assert refused.value.code == "CUSTOMER_CLOSED"
    customers.reopen(customer=customer, actor=actor.SYSTEM)
    ACTS[act](draft, actor.customer(director.pk))


def test_what_is_there_is_read_and_asked_to_be_deleted(draft: Document, director: User) -> None:
    ask_to_delete(draft, actor=actor.customer(director.pk), now=NOW)
    assert draft.deletion_asked_at == NOW


def test_the_pages_say_so_and_ask_for_nothing(draft: Document, director: User) -> None:
    customer, browser = draft.case.customer, customer_client(director)
    listed = browser.get(reverse("privacy:kyc")).text
    assert "This account is closed: we take no documents for it" in listed
    for asked in ("Your turn", "Not yet started", "Add a person", "Take off the list", "tasks completed"):
        assert asked not in listed, asked
    assert reverse("privacy:kyc-check", args=[draft.reference]) in listed, "what is there is still found"
    upload = reverse("privacy:kyc-upload", args=[customer.reference, "gst_certificate"])
    assert "This account is closed" in browser.get(upload).text
    assert kyc_lists.progress(director) == kyc_lists.Progress(0, 0, None)
    assert kyc_lists.left_to_do(draft.case) == 0


def test_a_list_that_was_never_begun_is_not_begun_either(organisation: Customer) -> None:
    empty = CustomerUserFactory()
    customer = customers.create(kind="organisation", name="Acme", owner=empty.principal, actor=CUSTOMER)
    customers.close(customer=customer, actor=actor.SYSTEM)
    assert "Say what you are" not in customer_client(empty).get(reverse("privacy:kyc")).text


def test_a_browser_is_not_sent_to_fetch_a_paper_for_it(individual: Customer, asha: User, settings: Any) -> None:
    settings.KYC_PROVIDERS = {"digilocker": {"base_url": "https://locker.example", "client": "us", "secret": "s"}}
    customers.close(customer=individual, actor=actor.SYSTEM)
    browser: Client = customer_client(asha)
    answer = browser.post(reverse("privacy:kyc-fetch", args=[individual.reference, "PANCR"]), follow=True)
    assert answer.redirect_chain == [(reverse("privacy:kyc"), 302)]
    assert "This account is closed" in answer.text
