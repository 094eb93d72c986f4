"""How a sender stands, as its own key may ask: named when its KYC lapsed, the same as every decision answers."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from consent.decisions.selectors import sender_accounts
from kyc.models import Case
from portal.kernel.core import clock
from tests.consent.conftest import law  # noqa: F401 - a fixture
from tests.consent.test_who_may_not import approved
from tests.people.factories import CustomerFactory, FiduciaryFactory, issued_api_key
from tests.registers.factories import entity_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    cache.clear()
    sender_accounts.forget()
    yield
    sender_accounts.forget()


@pytest.fixture
def acme(client):
    """A client linked to a customer, and what its key is answered."""
    fiduciary, customer = FiduciaryFactory(code="acme-bank"), CustomerFactory()
    entity_of(fiduciary, customer=customer)
    key = issued_api_key(fiduciary=fiduciary, scopes=["decisions:ask"])

    def asked():
        sender_accounts.forget()
        return client.get("/api/v1/sender", headers={"Authorization": f"Bearer {key}"}).json()

    return customer, asked


def test_a_sender_is_told_how_its_kyc_stands_and_until_when(acme):
    customer, asked = acme
    assert (asked()["may_send"], asked()["reason"], asked()["kyc"]) == (False, "SENDER_NOT_VERIFIED", "none")
    today = clock.day(clock.now())
    case = approved(customer, rekyc_on=today)
    assert asked() == {
        "fiduciary": "acme-bank",
        "may_send": True,
        "reason": None,
        "sentence": None,
        "kyc": "verified",
        "renew_by": today.isoformat(),
    }
    Case.objects.filter(pk=case.pk).update(rekyc_on=today - timedelta(days=1))
    lapsed = asked()
    assert (lapsed["may_send"], lapsed["reason"], lapsed["kyc"]) == (False, "SENDER_KYC_LAPSED", "expired")
    assert lapsed["sentence"].startswith("No: the sender's KYC has lapsed.")


def test_a_closed_account_comes_before_its_kyc(acme):
    customer, asked = acme
    approved(customer)
    type(customer).objects.filter(pk=customer.pk).update(state="closed", closed_at=clock.now())
    assert (asked()["reason"], asked()["kyc"]) == ("ACCOUNT_CLOSED", "verified")


def test_a_client_without_a_customer_is_not_asked_for_kyc(client):
    key = issued_api_key(fiduciary=FiduciaryFactory(code="other"), scopes=["decisions:ask"])
    said = client.get("/api/v1/sender", headers={"Authorization": f"Bearer {key}"}).json()
    assert (said["may_send"], said["kyc"], said["renew_by"]) == (True, "not_asked", None)


def test_a_stranger_is_told_nothing(client):
    assert client.get("/api/v1/sender").status_code == 401
