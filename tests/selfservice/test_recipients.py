"""Who has my data, and who has confirmed that it stopped."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import ConsentReceipt
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Customer, User
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.models import Disclosure, Instruction
from portal.kernel.registers.orders.services.authority_orders import code_of
from portal.kernel.registers.recipients.services import instruction_status
from portal.kernel.registers.recipients.services.disclosures import disclose
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    MembershipFactory,
)
from tests.registers.factories import order_about, registered_recipient, service_in_the_book
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
    assert "No one outside gets your data from us at present." in Client().get(PAGE).text


def test_a_person_reads_what_was_told_of_them_and_of_their_clients_too(asha):
    acme = FiduciaryFactory(name="Acme Bank")
    registered_recipient("acme-one", name="Acme Sender", fiduciary=acme)
    registered_recipient("quiet-one", name="Quiet One", channels=["email"])
    said(asha.principal, "given", fiduciary=acme)
    page = customer_client(asha).get(PAGE).text
    assert "on behalf of Acme Bank" in page
    assert page.count("Informed of your choices since") == 1
    assert page.count("Not informed of any choice of yours") == 1


def test_the_receipt_says_how_many_have_confirmed(asha):
    for number in range(3):
        registered_recipient(f"dialer-{number}")
    said(asha.principal, "given")
    client = customer_client(asha)
    given = ConsentReceipt.objects.get()
    assert "Companies we have informed" not in client.get(f"/privacy/consents/{given.reference}/").text
    withdraw(subject_ref=asha.principal.subject.ref, purpose="marketing", channel="sms", way="page", actor=actor.SYSTEM)
    receipt = ConsentReceipt.objects.latest("pk")
    for instruction in Instruction.objects.order_by("pk")[:2]:
        instruction_status.note(
            instruction, FactKind.ACKNOWLEDGED, happened_at=None, actor=actor.system("tests"), now=clock.now()
        )
    page = client.get(f"/privacy/consents/{receipt.reference}/").text
    assert "2 of 3 recipients have confirmed." in page
    assert "3 में से 2" in client.get(f"/privacy/consents/{receipt.reference}/", headers={"accept-language": "hi"}).text


def test_a_person_reads_what_was_given_out_to_check_their_papers_by_whatever_name_the_book_has(asha):
    registered_recipient("penny-drop", name="Bank One")
    service_in_the_book("pan-register", "gst-network")
    mine, customer = asha.principal.subject.ref, asha.principal.memberships.get().customer.subject.ref
    other = CustomerFactory()
    for ref, fields, code in (
        (mine, ["pan", "name"], "pan-register"),
        (customer, ["bank_account", "ifsc"], "penny-drop"),
        (other.subject.ref, ["gstin"], "gst-network"),
    ):
        disclose(
            recipient_code=code,
            subject_ref=ref,
            fields=fields,
            purpose="billing",  # on a basis that asks for no yes
            about="kyc.document:OS-DO-7K4M-9QX2",
            actor=actor.system("kyc.checks"),
            now=clock.now(),
        )
    page = customer_client(asha).get(PAGE).text
    for words in ("Bank One", "Account number, IFSC", "pan-register", "Name, PAN", "Invoices and payments"):
        assert words in page
    assert "GST number" not in page
    assert len(re.findall(r", \d\d:\d\d IST</time>", page)) == 2
    assert "What we gave out to check your documents" not in Client().get(PAGE).text


def test_who_acts_for_many_customers_reads_it_in_no_more_queries(asha):
    registered_recipient("penny-drop", name="Bank One")
    client = customer_client(asha)

    def given_out(customer: Customer) -> None:
        MembershipFactory(principal=asha.principal, customer=customer)
        disclose(
            recipient_code="penny-drop",
            subject_ref=customer.subject.ref,
            fields=["bank_account"],
            purpose="billing",
            about="kyc.document:OS-DO-7K4M-9QX2",
            actor=actor.system("kyc.checks"),
            now=clock.now(),
        )

    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as seen:
            page = client.get(PAGE)
        return len(page.context["given"]), len(seen)

    given_out(CustomerFactory())
    queries()
    rows, alone = queries()
    for _other in range(3):
        given_out(CustomerFactory())
    assert queries() == (rows + 3, alone)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "A lawful order of an authority"),
        ("hi", "किसी प्राधिकरण का क़ानूनी आदेश"),
        ("mr", "प्राधिकरणाचा कायदेशीर आदेश"),
    ],
)
def test_data_given_under_an_order_names_that_in_words(asha, language, says):
    order = order_about(asha.principal.subject.ref, is_secret=False, state="given", answered_at=clock.now())
    Disclosure.objects.create(
        reference="OS-DI-TEST-0001", recipient_code=code_of(order.authority), subject_ref=asha.principal.subject.ref,
        fields=["name"], purpose="lawful_order", basis="legal_duty", about=order.owner, disclosed_at=clock.now(),
    )  # fmt: skip
    page = customer_client(asha).get(PAGE, headers={"accept-language": language}).text
    assert says in page
    assert "lawful_order" not in page
