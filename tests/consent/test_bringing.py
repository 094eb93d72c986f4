"""Answers brought from elsewhere, many at once: the same facts as one at a time."""

import uuid
from datetime import UTC, datetime

import pytest

from consent.models import ConsentEvent, ConsentReceipt, ConsentState
from consent.services import projection
from consent.services.addresses import Address
from consent.services.bringing import Brought, record_brought
from consent.services.recording import Choice
from consent.states import Answer
from portal.core.actor import system
from portal.core.addresses import address_keys
from portal.core.errors import Refused
from portal.ledger.models import Pending
from portal.ledger.services import payload_of
from portal.outbox.models import Message

ACTOR = system("tests")
PROOF = [{"type": "form", "sha256": "ab" * 32}]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
THEN = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def brought(number, *, ref=None, channel="sms", answer=Answer.GIVEN, proof=PROOF, at=THEN):
    place = Address("phone", tuple(address_keys(f"+9191000{number:05d}")), is_verified=True)
    return Brought(ref or uuid.uuid4(), Choice(place, "marketing", channel, answer, None, proof), at)


def record(*answers):
    return record_brought(fiduciary="onesetu", answers=answers, actor=ACTOR)


def test_each_answer_is_an_event_a_leaf_and_a_state_and_each_person_has_one_receipt():
    ref = uuid.uuid4()
    assert record(brought(1, ref=ref), brought(1, ref=ref, channel="voice"), brought(2, answer=Answer.DENIED)) == 3
    assert (ConsentEvent.objects.count(), ConsentState.objects.count(), ConsentReceipt.objects.count()) == (3, 3, 2)
    event = ConsentEvent.objects.filter(answer="given").first()
    said = payload_of(event.entry)
    assert (said["event"], said["way"], said["prev"], said["evidence"]) == ("given", "import", None, PROOF)
    assert Pending.objects.filter(entry=event.entry).exists()
    assert event.expires_at is not None
    assert Message.objects.count() == 0


def test_the_states_are_what_a_rebuild_would_fold():
    record(*(brought(n, answer=answer) for n, answer in enumerate((Answer.GIVEN, Answer.DENIED, Answer.GIVEN))))
    assert projection.rebuild(actor=ACTOR).mended == 0


def test_an_answer_where_there_was_one_names_the_earlier_event():
    record(brought(1))
    record(brought(1, answer=Answer.DENIED, at=THEN.replace(day=2)), brought(2))
    later = ConsentEvent.objects.exclude(previous=None).get()
    assert later.previous.answer == "given"
    assert ConsentState.objects.get(address_key=later.address_key).answer == "denied"


def test_the_same_place_twice_in_one_list_makes_a_chain():
    record(brought(1), brought(1, answer=Answer.DENIED, at=THEN.replace(day=3)))
    assert ConsentEvent.objects.exclude(previous=None).count() == 1
    assert ConsentState.objects.get().answer == "denied"


def test_a_yes_without_its_proof_refuses_the_whole_list_and_nothing_is_written():
    with pytest.raises(Refused, match="proof"):
        record(brought(1), brought(2, proof=[]))
    assert ConsentEvent.objects.count() == 0
