"""What a consent manager signed is kept beside the answers, for whoever disputes them."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.contrib import admin

from consent.base.selectors import contact_rulebook
from consent.collection.admin.consent_events import ConsentEventAdmin
from consent.collection.services import consent_managers, manager_requests
from consent.models import ConsentEvent, ManagerRequest
from portal.kernel.core import clock
from portal.kernel.registers.models import ConsentManager
from tests.api.managers import registered, renewed, send, signed, sms
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice
from tests.people.factories import CustomerUserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def notice(db):
    contact_rulebook.forget()
    law_is_loaded()
    return published_notice()


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def manager(key):
    return registered(key)


@pytest.fixture
def asha(notice):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def linked(manager, asha):
    offered = consent_managers.offer_link(subject_ref=asha.subject.ref, manager=manager)
    return consent_managers.link(manager=manager, code=offered.code, now=clock.now())


def test_what_the_manager_signed_stands_beside_the_answer_and_is_checked_with_its_public_key_alone(
    key, manager, linked, notice
):
    body, headers = signed(key, sms(linked, notice), name="msg_1")
    receipt = send("consents/give", body, headers).json()["receipt"]
    kept = ManagerRequest.objects.get(receipt__reference=receipt)
    assert (kept.manager, bytes(kept.body)) == (manager, body)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(manager.public_key))
    public.verify(base64.b64decode(kept.signature), f"msg_1.{headers['webhook-timestamp']}.".encode() + body)
    assert kept.signed.endswith(body)
    event = ConsentEvent.objects.get(receipt__reference=receipt)
    assert event.evidence.get().sha256 == hashlib.sha256(body).hexdigest()
    assert set(json.loads(bytes(kept.body))) == {"link", "purpose", "channel", "notice_sha256"}


def test_a_withdrawal_is_kept_as_signed_with_the_key_that_held_then(key, manager, linked, notice):
    send("consents/give", *signed(key, sms(linked, notice)))
    new = renewed(manager)
    send("consents/withdraw", *signed(new, sms(linked)))
    given, taken = ManagerRequest.objects.order_by("pk")
    assert (given.manager, taken.manager) == (manager, ConsentManager.objects.latest("pk"))
    assert manager_requests.holds(given)
    assert manager_requests.holds(taken)
    taken.manager = manager
    assert not manager_requests.holds(taken)


def test_a_request_that_changed_nothing_is_not_kept(key, linked, notice):
    for _time in range(2):
        send("consents/give", *signed(key, sms(linked, notice)))
    send("consents/list", *signed(key, {"link": str(linked.ref)}))
    assert ManagerRequest.objects.count() == 1


def test_a_number_of_a_request_that_could_be_somebodys_address_is_refused(key, linked, notice):
    for name in ("asha@example.in", "+919876543210"):
        answer = send("consents/give", *signed(key, sms(linked, notice), name=name))
        assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_NUMBER")
    assert not ConsentEvent.objects.exists()


def test_staff_see_on_the_page_of_the_answer_what_was_signed_and_that_it_holds(key, manager, linked, notice):
    body, headers = signed(key, sms(linked, notice))
    receipt = send("consents/give", body, headers).json()["receipt"]
    event = ConsentEvent.objects.get(receipt__reference=receipt)
    row = ManagerRequest.objects.get()
    shown = ConsentEventAdmin(ConsentEvent, admin.site).signed_request(event)
    for part in ("The signature is valid", manager.public_key, row.signature, headers["webhook-id"], body.decode()):
        assert part in shown
    assert "Inform the data protection officer" in "".join(
        manager_requests.described(ManagerRequest(**{**fields_of(row), "body": b"{}"}))
    )


def fields_of(row: ManagerRequest) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in row._meta.fields}
