"""A client's page about its senders, templates and recording settings."""

from datetime import timedelta

import pytest

from portal.fronts.selfservice.views.senders import status_of
from portal.kernel.core import clock
from portal.kernel.core.actor import staff
from portal.kernel.people.models import Customer, Fiduciary, Membership, User
from portal.kernel.registers.models import ContentTemplate
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import sender_entries
from tests.law.factories import LegalRuleFactory
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import agreed_template, entity_of, proposed_template, registered_sender, two_people
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
PAGE = "/privacy/senders/"


@pytest.fixture(autouse=True)
def law() -> None:
    senders.forget()
    LegalRuleFactory(key="IN-TRAI-TPL-KINDS", kind="field_list", amount=None, unit="none", values=["numeric"])


@pytest.fixture
def acme() -> Fiduciary:
    return FiduciaryFactory(code="acme-bank", name="Acme Bank")


@pytest.fixture
def customer(acme: Fiduciary) -> Customer:
    customer = CustomerFactory()
    entity_of(acme, customer=customer)
    return customer


@pytest.fixture
def member(customer: Customer) -> User:
    return CustomerUserFactory(member_of=customer, member_of__role="member")


def shown(user: User, **headers: str) -> str:
    answer = customer_client(user).get(PAGE, headers=headers)
    assert answer.status_code == 200
    return answer.text


def test_a_member_sees_the_clients_headers_templates_and_recording_settings(acme, member):
    header = registered_sender("ACMEBK", fiduciary=acme)
    agreed_template(fiduciary=acme, senders=[header], text="Acme Bank code <b>{#numeric#}</b>")
    registered_sender(
        "1600123456", fiduciary=acme, kind="voice_number", records_calls=True, announcement="This call is recorded."
    )
    registered_sender("1600123457", fiduciary=acme, kind="voice_number")
    page = shown(member)
    for words in (
        "Acme Bank",
        "1101234567890123456",
        "ACMEBK",
        "SMS header",
        "Service, Transactional",
        "Acme Bank code &lt;b&gt;{#numeric#}&lt;/b&gt;",
        'Calls are recorded. Callers hear first: “<span lang="en">This call is recorded.</span>”',
        "Calls are not recorded.",
        "In use",
    ):
        assert words in page
    assert "<script" not in page


def test_nobody_sees_the_senders_of_a_customer_they_do_not_act_for(acme, customer, member, client):
    registered_sender("ACMEBK", fiduciary=acme)
    registered_sender("ONESTU")
    assert "ONESTU" not in shown(member)
    for other in (CustomerUserFactory(), CustomerUserFactory(member_of=CustomerFactory())):
        page = shown(other)
        assert "ACMEBK" not in page
        assert "You act for no organisation" in page
    assert client.get(PAGE).status_code == 302
    Membership.objects.filter(customer=customer).update(ended_at=clock.now())
    assert "ACMEBK" not in shown(member)


def test_the_page_is_read_only(member):
    assert customer_client(member).post(PAGE).status_code == 405


def test_the_first_page_leads_a_client_here_and_nobody_else(member):
    assert PAGE in customer_client(member).get("/privacy/").text
    assert PAGE not in customer_client(CustomerUserFactory()).get("/privacy/").text


def test_each_entry_says_where_it_stands(acme):
    maker, checker = two_people()
    now = clock.now()
    header = registered_sender("ACMEBK", fiduciary=acme)
    waiting = proposed_template(maker, fiduciary=acme, senders=[header], text="Acme Bank: {#numeric#}")
    assert status_of(waiting, at=now).words == "Waiting for our second check"
    sender_entries.answer(waiting, approve=False, reason="No.", actor=checker, now=now)
    assert status_of(waiting, at=now).words == "Refused"
    later = registered_sender("ACMEBX", fiduciary=acme, starts_at=now + timedelta(days=40))
    assert status_of(later, at=now).words.startswith("Usable from ")
    number = registered_sender("9876543210", fiduciary=acme, kind="whatsapp_number")
    draft = agreed_template(fiduciary=acme, channel="whatsapp", senders=[number], text="Acme Bank: {{1}}")
    assert status_of(draft, at=now).words == "Draft"
    sender_entries.end(header, actor=staff(StaffFactory(roles=["administrator"]).pk), now=now)
    assert status_of(header, at=now).words.startswith("Ended on ")


@pytest.mark.parametrize(("language", "words"), [("hi", "SMS हेडर"), ("mr", "SMS हेडर")])
def test_the_page_speaks_the_readers_language(acme, member, language, words):
    agreed_template(
        fiduciary=acme, senders=[registered_sender("ACMEBK", fiduciary=acme)], text="Acme Bank: {#numeric#}"
    )
    page = shown(member, **{"accept-language": language})
    assert words in page
    for english in ("In use", "SMS header", "May carry", "Transactional", "Templates"):
        assert english not in page


def test_many_templates_come_in_pages_at_the_same_cost(acme, member, django_assert_max_num_queries):
    header = registered_sender("ACMEBK", fiduciary=acme)
    one = agreed_template(fiduciary=acme, senders=[header], text="Acme Bank: {#numeric#}")
    for number in range(25):
        one.pk, one.template_id = None, f"1107-{number}"
        one.save(force_insert=True)
    assert ContentTemplate.objects.count() == 26
    client = customer_client(member)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        assert "Page 1 of 2" in client.get(PAGE).text
