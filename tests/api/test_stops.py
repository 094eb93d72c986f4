"""A client's own system tells of a stop with its key: for its fiduciary, and for nobody else's."""

from datetime import datetime, time, timedelta

import pytest
from django.test import Client

from consent.base.rules.contact import Reason
from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentReceipt, Suppression
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = pytest.mark.django_db
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)
STRANGER = "+919811112222"


@pytest.fixture(autouse=True)
def world(db):
    contact_rulebook.forget()
    law_is_loaded()
    published_notice()


@pytest.fixture
def bank(world):
    return FiduciaryFactory(code="acme-bank", name="Acme Bank")


def tell(secret, **given):
    usual = {"kind": "phone", "address": ASHA_PHONE}
    return Client().post(
        "/api/v1/stops",
        {**usual, **given},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


def ask(address=ASHA_PHONE, **changes):
    usual = {"address": address, "purpose": "marketing", "channel": "sms", "at": NOON}
    return may_contact(**{**usual, **changes})


def test_everything_promotional_of_the_keys_fiduciary_stops_once(bank):
    asha, secret = person(), issued_api_key(bank, scopes=["consents:write"])
    said(asha, "given")
    said(asha, "given", fiduciary="acme-bank")
    first, second = tell(secret), tell(secret)
    assert first.json()["recorded"] is True
    assert second.json() == {"receipt": "", "recorded": False}
    assert not ask(fiduciary="acme-bank").allowed
    assert ask().allowed
    assert {event.way for event in ConsentEvent.objects.filter(receipt__reference=first.json()["receipt"])} == {"api"}


@pytest.mark.parametrize("address", [ASHA_PHONE, STRANGER])
def test_a_stop_that_was_said_another_time_is_recorded_and_confirmed_once(bank, address):
    person()
    secret = issued_api_key(bank, scopes=["consents:write"])
    tell(secret, address=address)
    at = (clock.now() - timedelta(seconds=1)).isoformat()
    again, told_twice = tell(secret, address=address, at=at), tell(secret, address=address, at=at)
    assert again.json()["recorded"] is True
    assert told_twice.json() == {"receipt": "", "recorded": False}
    assert ConsentReceipt.objects.count() == 2
    assert Message.objects.filter(about=f"consent.receipt:{again.json()['receipt']}", channel="sms").count() == 1


def test_a_number_that_nobody_holds_is_suppressed_and_told(bank):
    secret = issued_api_key(bank, scopes=["consents:write"])
    assert tell(secret, address=STRANGER).json()["recorded"] is True
    assert ask(STRANGER, fiduciary="acme-bank").reason is Reason.SUPPRESSED
    assert ask(STRANGER).reason is Reason.NO_CONSENT
    assert Message.objects.get(kind="consent.stopped").channel == "sms"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"address": "12"}, 422),
        ({"kind": "postal"}, 422),
        ({"at": "2199-01-01T00:00:00Z"}, 422),
    ],
)
def test_what_cannot_be_withdrawn_changes_nothing(bank, given, status):
    answer = tell(issued_api_key(bank, scopes=["consents:write"]), **given)
    assert answer.status_code == status
    assert ASHA_PHONE not in answer.text
    assert not Suppression.objects.exists()


def test_a_clock_a_little_ahead_of_ours_stops_now(bank):
    secret = issued_api_key(bank, scopes=["consents:write"])
    assert tell(secret, at=(clock.now() + timedelta(minutes=2)).isoformat()).json()["recorded"] is True
    refused = tell(secret, at=(clock.now() + timedelta(minutes=10)).isoformat())
    assert (refused.status_code, refused.json()["code"]) == (422, "OCCURRED_IN_FUTURE")


def test_a_key_without_the_scope_withdraws_nothing(bank):
    assert tell(issued_api_key(bank)).status_code == 403
    assert tell("osk_nobody").status_code == 401
    assert not Suppression.objects.exists()
