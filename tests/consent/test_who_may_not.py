"""Children get no promotion, and clients whose account or KYC is not in order send nothing."""

from datetime import timedelta

import pytest

from consent.base.rules.contact import Reason
from consent.decisions.selectors import sender_accounts
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import ConsentState
from kyc.models import Case
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Protection
from portal.kernel.registers.models import SendingEntity
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import CustomerFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import entity_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def ask(**changes):
    usual = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": at_hour(12)}
    return may_contact(**{**usual, **changes}).reason


def protect(who, **changes):
    usual = {"kind": "child", "ground": "declared", "noted_at": clock.now()}
    return Protection.objects.create(subject_ref=who.subject.ref, **{**usual, **changes})


def test_a_child_gets_no_promotion_with_any_consent_and_what_is_owed(asha):
    said(asha, "given")
    assert ask() is Reason.ALLOWED_BY_CONSENT
    protect(asha)
    assert ask() is Reason.CHILD
    assert ask(purpose="account_service") is Reason.ALLOWED_ESSENTIAL
    batch = decide_all(Question("marketing", "sms", at_hour(12)), [ASHA_PHONE])
    assert [answer.reason for answer in batch] == [Reason.CHILD]


def test_a_child_at_a_familys_number_stops_promotion_to_it(asha):
    said(asha, "given")
    protect(person(email="son@acme.example"))
    assert ask() is Reason.CHILD
    said(asha, "given", channel="email")
    assert ask(address=ASHA, channel="email") is Reason.ALLOWED_BY_CONSENT


def test_who_came_of_age_or_is_protected_otherwise_is_no_child(asha):
    said(asha, "given")
    protect(asha, adult_on=clock.now().date() - timedelta(days=1))
    protect(asha, kind="guarded")
    assert ask() is Reason.ALLOWED_BY_CONSENT


def test_a_child_is_not_followed(asha):
    said(asha, "given", purpose="analytics", channel="none")
    asked = {"subject": asha.subject.ref, "purpose": "analytics", "at": at_hour(12)}
    assert may_process(**asked).allowed
    protect(asha)
    assert may_process(**asked).reason is Reason.CHILD


@pytest.fixture
def bank(law):
    """A client that is linked to a customer by its DLT entity."""
    fiduciary, customer = FiduciaryFactory(code="acme-bank"), CustomerFactory()
    entity_of(fiduciary, customer=customer)
    return customer


def approved(customer, **changes):
    usual = {"customer": customer, "subject_ref": customer.subject.ref, "state": "approved", "opened_at": clock.now()}
    return Case.objects.create(reference="OS-KY-1", **{**usual, **changes})


def asked_afresh(**changes):
    sender_accounts.forget()
    return ask(**{"fiduciary": "acme-bank", "purpose": "account_service", **changes})


def test_a_client_sends_nothing_before_its_kyc_is_in_order_nor_when_it_is_due_again(bank):
    assert asked_afresh() is Reason.SENDER_NOT_VERIFIED
    case = approved(bank)
    assert asked_afresh() is Reason.ALLOWED_ESSENTIAL
    Case.objects.filter(pk=case.pk).update(rekyc_on=clock.now().date() - timedelta(days=1))
    assert asked_afresh() is Reason.SENDER_KYC_LAPSED
    Case.objects.filter(pk=case.pk).update(state="rejected")
    assert asked_afresh() is Reason.SENDER_NOT_VERIFIED


def test_a_client_whose_account_is_closed_sends_nothing(bank):
    approved(bank)
    type(bank).objects.filter(pk=bank.pk).update(state="closed", closed_at=clock.now())
    assert asked_afresh() is Reason.ACCOUNT_CLOSED
    question = Question("account_service", "sms", at_hour(12), fiduciary="acme-bank")
    assert [answer.reason for answer in decide_all(question, [ASHA_PHONE])] == [Reason.ACCOUNT_CLOSED]


def test_the_end_of_a_clients_dlt_registration_lifts_nothing_that_its_kyc_forbids(bank):
    assert asked_afresh() is Reason.SENDER_NOT_VERIFIED
    administrator = actor.staff(StaffFactory(roles=["administrator"]).pk)
    entity = SendingEntity.objects.get(customer=bank)
    sender_entries.end(entity, actor=administrator, now=clock.now())
    assert asked_afresh() is Reason.ENTITY_ENDED
    entity_of(entity.fiduciary, customer=bank)
    approved(bank)
    assert asked_afresh() is Reason.ALLOWED_ESSENTIAL


def test_onesetu_and_a_client_without_an_account_are_not_held_to_one(law):
    FiduciaryFactory(code="other")
    assert asked_afresh(fiduciary="other") is Reason.ALLOWED_ESSENTIAL
    assert asked_afresh(fiduciary="onesetu") is Reason.ALLOWED_ESSENTIAL


def test_the_statement_goes_past_the_cursors_and_reads_what_they_would(asha):
    event = said(asha, "given")
    state = ConsentState.objects.get()
    decision = may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=at_hour(12))
    assert decision.entry == str(event.entry.event_id) == str(state.entry_ref)
