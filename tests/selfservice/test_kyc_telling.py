"""Before a document of which somebody outside is told: whether the consent to it stands, and where it is given."""

import pytest
from django.urls import reverse

from kyc.review.services.provider_requests import PURPOSE
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import firm, party_of
from tests.people.factories import CustomerUserFactory
from tests.registers.factories import registered_recipient
from tests.servers.registers import BANK_KEY, SECRET
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def bank(settings) -> None:
    """A bank is set up; nobody asks it here."""
    registered_recipient(code="penny-drop", name="Example Bank")
    where = {"recipient": "penny-drop", "url": "https://bank.example", "account": "7878780080316316"}
    settings.KYC_PROVIDERS = {"bank": {**where, "key": BANK_KEY, "secret": SECRET}}


@pytest.fixture
def company():
    return firm("company")


@pytest.fixture
def owner(company):
    law_is_loaded()
    return CustomerUserFactory(email="uma@acme.example", member_of=company)


def page(user, company, kind: str = "cancelled_cheque") -> str:
    return customer_client(user).get(reverse("privacy:kyc-upload", args=[company.reference, kind])).text


def test_where_nobody_is_set_up_the_page_speaks_of_no_consent(owner, company):
    assert "Consent to inform them" not in page(owner, company)


def test_a_purpose_without_a_published_notice_is_not_asked_for_and_nobody_is_told(bank, owner, company):
    shown = page(owner, company)
    assert "Example Bank" in shown
    assert "We do not ask for it yet, so no one is asked." in shown
    assert "Consent to inform them" not in page(owner, company, "board_resolution")


def test_a_yes_that_is_missing_is_given_on_the_page_of_the_choices_and_shown_after(bank, owner, company):
    published_notice(asks=[PURPOSE], code="kyc-consent")
    shown = page(owner, company)
    assert "Not given, so no one is asked" in shown
    assert f'<a href="{reverse("privacy:preferences")}">Give it under “Checking who you are”</a>' in shown
    event = said(owner.principal, "given", purpose=PURPOSE, channel="none")
    shown = page(owner, company)
    assert "Not given" not in shown
    assert reverse("privacy:consent-receipt", args=[event.receipt.reference]) in shown


def test_only_the_owner_of_the_account_gives_it_for_an_organisation(bank, owner, company):
    published_notice(asks=[PURPOSE], code="kyc-consent")
    member = CustomerUserFactory(email="ravi@acme.example", member_of=company, member_of__role="member")
    shown = page(member, company)
    assert "Not given by the person whose consent it is" in shown
    assert "Give it under" not in shown
    event = said(owner.principal, "given", purpose=PURPOSE, channel="none")
    shown = page(member, company)
    assert "Given" in shown
    assert event.receipt.reference not in shown


def test_for_somebody_behind_it_their_own_yes_counts(bank, settings, owner, company):
    settings.KYC_PROVIDERS = {"pan": {"recipient": "penny-drop", "url": "https://pan.example", "key": "key"}}
    published_notice(asks=[PURPOSE], code="kyc-consent")
    said(owner.principal, "given", purpose=PURPOSE, channel="none")
    party = party_of(company)
    url = reverse("privacy:kyc-party-upload", args=[company.reference, party.reference, "pan_card"])
    client = customer_client(owner)
    assert "Not given by the person whose consent it is" in client.get(url).text
    said(party.principal, "given", purpose=PURPOSE, channel="none")
    assert "Not given" not in client.get(url).text
