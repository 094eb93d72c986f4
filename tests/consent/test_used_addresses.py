"""A client's recipients hear of the addresses it has to do with, and of no other of the same person."""

import json

import pytest

from consent.models import ConsentState, Suppression
from consent.selectors.used_addresses import used_by
from consent.services import preferring, stop_all_promotional, undo_stop, withdraw
from consent.services.stopping import stop_at_address
from consent.states import Way
from portal.core import actor, addresses, clock
from portal.core.errors import Refused
from portal.outbox.services import reading
from portal.people.models import Fiduciary, Principal
from portal.registers.models import Telling
from portal.registers.services import instructing
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import registered_recipient, two_people

pytestmark = pytest.mark.django_db
EVERYWHERE = ["sms", "whatsapp", "email", "push"]


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha() -> Principal:
    return person()


@pytest.fixture
def acme() -> Fiduciary:
    client = FiduciaryFactory(code="acme")
    registered_recipient(fiduciary=client, channels=EVERYWHERE)
    return client


def named_to_the_recipient() -> set[str]:
    told = [json.loads(reading.text_of(each.message).body) for each in Telling.objects.order_by("pk")]
    return {known["value"] for word in told for known in word["data"]["address"]["known_by"]}


def stop(acme: Fiduciary, address: str = ASHA_PHONE):
    return stop_at_address(kind="phone", address=address, fiduciary=acme, way=Way.API, actor=actor.SYSTEM)


def is_stopped(address: str) -> bool:
    return Suppression.objects.filter(address_key=addresses.address_key(address), lift=None).exists()


def test_a_stop_at_a_number_names_no_other_address_of_the_person_to_a_client(acme, asha):
    stop(acme)
    assert named_to_the_recipient() == {ASHA_PHONE}
    assert is_stopped(ASHA)


def test_an_address_at_which_the_client_was_answered_is_stopped_there_too(acme, asha):
    said(asha, "given", channel="email", fiduciary="acme")
    stop(acme)
    assert named_to_the_recipient() == {ASHA, ASHA_PHONE}


def test_a_stop_of_the_person_names_nothing_to_a_client_that_never_was_answered(acme, asha):
    receipt = stop_all_promotional(subject_ref=asha.subject.ref, fiduciary=acme, actor=actor.SYSTEM).receipt
    undo_stop(receipt=receipt, actor=actor.SYSTEM)
    assert not Telling.objects.exists()


def test_a_withdrawal_at_one_number_does_not_name_the_other(acme, asha):
    other = "+919800000002"
    asha.contact_points.create(
        kind="phone", address=other, address_key=addresses.address_key(other), added_at=clock.now()
    )
    withdraw(
        subject_ref=asha.subject.ref, fiduciary=acme, purpose="marketing", channel="sms", way=Way.API,
        actor=actor.SYSTEM, address_kind="phone", address=other,
    )  # fmt: skip
    assert named_to_the_recipient() == {other}
    assert ConsentState.objects.filter(fiduciary=acme, answer="withdrawn").count() == 2


def test_a_wish_is_told_to_a_client_under_the_addresses_it_knows(acme, asha):
    said(asha, "given", fiduciary="acme")
    stop(acme)
    preferring.change(subject_ref=asha.subject.ref, wishes=preferring.WishList(pace="two_a_week"), actor=actor.SYSTEM)
    last = json.loads(reading.text_of(Telling.objects.order_by("pk").last().message).body)["data"]
    assert last["address"]["known_by"] == [{"kind": "phone", "value": ASHA_PHONE}]
    assert {each["channel"] for each in last["standing"]} == {"sms", "whatsapp"}


def test_staff_instruct_a_clients_recipient_about_the_addresses_it_knows(acme, asha):
    recipient = registered_recipient("acme-two", fiduciary=acme)
    order = {
        "recipient": recipient, "do": "erase", "subject_ref": asha.subject.ref, "because": "OS-GR-7K4M-9QX2",
        "actor": two_people()[1], "now": clock.now(),
    }  # fmt: skip
    with pytest.raises(Refused, match="No address"):
        instructing.by_staff(**order)
    said(asha, "given", fiduciary="acme")
    instructing.by_staff(**order)
    assert named_to_the_recipient() == {ASHA_PHONE}


def test_for_ourselves_every_address_counts_as_used(asha):
    key = addresses.address_key(ASHA)
    assert used_by(Fiduciary.objects.get(is_self=True), [key]) == {key}
    assert used_by(FiduciaryFactory(code="other"), [key]) == set()
