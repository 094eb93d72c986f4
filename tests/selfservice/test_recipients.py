"""Who has my data, and who has confirmed that it stopped."""

import pytest
from django.test import Client

from consent.models import ConsentReceipt
from consent.services import withdraw
from portal.core import actor, clock
from portal.people.models import User
from portal.registers.models import Instruction
from portal.registers.services import instructions
from portal.registers.states import FactKind
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.people.factories import ContactPointFactory, CustomerFactory, CustomerUserFactory, FiduciaryFactory
from tests.registers.factories import registered_recipient
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
PAGE = "/privacy/who-has-my-data/"


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha() -> User:
    user = CustomerUserFactory(member_of=CustomerFactory())
    ContactPointFactory(principal=user.principal, kind="phone", address="+919876543210")
    return user


def test_anybody_reads_who_gets_which_data_for_what_and_where():
    registered_recipient(name="Dialer One", country="SG", used_categories=["contact", "name"])
    registered_recipient("acme-one", name="Acme Sender", fiduciary=FiduciaryFactory())
    page = Client().get(PAGE).text
    for words in ("Dialer One", "Offers and news", "Names", "Singapore", "Sending system"):
        assert words in page
    assert "Acme Sender" not in page
    assert "privacy@dialer-one.example" not in page
    assert "webhooks" not in page
    assert "सिंगापुर" in Client(headers={"accept-language": "hi"}).get(PAGE).text


def test_without_recipients_the_page_says_so():
    assert "Nobody outside gets your data from us at present." in Client().get(PAGE).text


def test_a_person_reads_what_was_told_of_them_and_of_their_clients_too(asha):
    acme = FiduciaryFactory(name="Acme Bank")
    registered_recipient("acme-one", name="Acme Sender", fiduciary=acme)
    registered_recipient("quiet-one", name="Quiet One", channels=["email"])
    said(asha.principal, "given", fiduciary=acme)
    page = customer_client(asha).get(PAGE).text
    assert "on behalf of Acme Bank" in page
    assert page.count("Told of your choices since") == 1
    assert page.count("Not told of any choice of yours") == 1


def test_the_receipt_says_how_many_have_confirmed(asha):
    for number in range(3):
        registered_recipient(f"dialer-{number}")
    said(asha.principal, "given")
    client = customer_client(asha)
    given = ConsentReceipt.objects.get()
    assert "Who was told to stop" not in client.get(f"/privacy/consents/{given.reference}/").text
    withdraw(subject_ref=asha.principal.subject.ref, purpose="marketing", channel="sms", way="page", actor=actor.SYSTEM)
    receipt = ConsentReceipt.objects.latest("pk")
    for instruction in Instruction.objects.order_by("pk")[:2]:
        instructions.note(
            instruction, FactKind.ACKNOWLEDGED, happened_at=None, actor=actor.system("tests"), now=clock.now()
        )
    page = client.get(f"/privacy/consents/{receipt.reference}/").text
    assert "2 of 3 recipients have confirmed." in page
    assert "3 में से 2" in client.get(f"/privacy/consents/{receipt.reference}/", headers={"accept-language": "hi"}).text
