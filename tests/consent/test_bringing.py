"""Answers brought from elsewhere, many at once: the same facts as one at a time."""

import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent.base.choices import Answer, Way
from consent.base.selectors import contact_rulebook
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.models import ConsentEvent, ConsentReceipt, ConsentState
from consent.records.services import projection
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice, record_all
from portal.kernel.core.actor import system
from portal.kernel.core.addresses import address_keys
from portal.kernel.core.errors import Refused
from portal.kernel.law.request_cache import remembering
from portal.kernel.ledger.models import Pending
from portal.kernel.ledger.services import payload_of, seal_now, verify
from portal.kernel.outbox.models import Message

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


def columns_of(event):
    """Everything a row says but keys and what is random: receipt, subject, entry."""
    own = {"id", "entry_id", "receipt_id", "subject_ref", "previous_id"}
    said = {field.attname: getattr(event, field.attname) for field in event._meta.concrete_fields}
    return {name: value for name, value in said.items() if name not in own}


def told(number, answer):
    """A random history, the same for the same number: what was said about the place, and when."""
    return brought(number, answer=answer, at=THEN - timedelta(hours=number))


def test_many_at_once_leave_the_rows_and_leaves_that_one_by_one_would():
    answers = [told(number, answer) for number, answer in enumerate([Answer.GIVEN, Answer.DENIED, Answer.WITHDRAWN])]
    now = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    record_brought(fiduciary="onesetu", answers=answers, actor=ACTOR, now=now)
    at_once = list(ConsentEvent.objects.order_by("pk"))
    for answer in answers:
        elsewhere = replace(answer.choice.address, keys=(bytes([1]) + answer.choice.address.key[:0:-1],))
        record_all(
            subject_ref=answer.subject_ref,
            fiduciary="onesetu",
            choices=[replace(answer.choice, address=elsewhere)],
            way=Way.IMPORT,
            occurred_at=answer.occurred_at,
            actor=ACTOR,
            now=now,
        )
    one_by_one = list(ConsentEvent.objects.order_by("pk"))[len(at_once) :]
    assert len(one_by_one) == len(at_once) == 3
    for many, single in zip(at_once, one_by_one, strict=True):
        assert columns_of(many) | {"address_key": b""} == columns_of(single) | {"address_key": b""}
        assert without(payload_of(many.entry)) == without(payload_of(single.entry))
        states = [ConsentState.objects.get(event=event) for event in (many, single)]
        compared = [(state.answer, state.verified, state.expires_at, state.occurred_at) for state in states]
        assert compared[0] == compared[1]
        assert [state.as_of_event for state in states] == [many.pk, single.pk]
        assert [state.entry_ref for state in states] == [many.entry.event_id, single.entry.event_id]


def without(payload):
    return {name: value for name, value in payload.items() if name not in {"event_id", "receipt", "address_key"}}


def test_a_rebuild_finds_nothing_to_mend_after_chains_and_first_answers_of_any_order():
    chosen = random.Random(6)
    ref = uuid.uuid4()
    answers = [
        brought(
            chosen.randrange(12),
            ref=chosen.choice([ref, None]),
            channel=chosen.choice(["sms", "voice"]),
            answer=chosen.choice(list(Answer)[:3]),
            at=THEN - timedelta(minutes=chosen.randrange(1000)),
        )
        for _ in range(40)
    ]
    record(*answers[:25])
    record(*answers[25:])
    assert projection.rebuild(actor=ACTOR) == projection.Rebuilt(ConsentState.objects.count(), 0, 0)
    seal_now(wait=10)
    found = verify()
    assert found.ok
    assert found.size > 40


def test_later_answers_of_a_list_are_chained_and_folded_as_single_ones_are():
    refs = [uuid.uuid4() for _ in range(6)]
    record(*(brought(number, ref=ref) for number, ref in enumerate(refs)))
    later = [
        brought(0, ref=refs[0], answer=Answer.DENIED, at=THEN + timedelta(days=1)),
        brought(1, ref=refs[1], answer=Answer.DENIED, at=THEN - timedelta(days=1)),
        brought(2, ref=uuid.uuid4(), answer=Answer.WITHDRAWN, at=THEN - timedelta(days=1)),
        brought(3, ref=uuid.uuid4(), at=THEN + timedelta(days=2)),
        brought(0, ref=refs[0], at=THEN + timedelta(days=2)),
    ]
    record(*later)
    counted = [ConsentState.objects.get(address_key=answer.place[0]) for answer in later[:4]]
    assert [state.answer for state in counted] == ["given", "given", "withdrawn", "given"]
    assert [state.subject_ref for state in counted] == [refs[0], refs[1], later[2].subject_ref, later[3].subject_ref]
    assert [state.as_of_event == state.event_id for state in counted] == [True, False, True, True]
    chain = ConsentEvent.objects.filter(address_key=later[0].place[0]).order_by("pk")
    assert [event.previous_id for event in chain] == [None, *[event.pk for event in chain][:-1]]
    assert [payload_of(event.entry)["prev"] for event in chain][1:] == [str(e.entry.event_id) for e in chain][:-1]
    assert projection.rebuild(actor=ACTOR).mended == 0


def test_a_chain_that_began_under_an_older_lookup_key_stays_under_it(settings):
    ref = uuid.uuid4()
    record(brought(1, ref=ref))
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "another key of the same length, for looking up"
    contact_rulebook.forget()
    record(brought(1, ref=ref, answer=Answer.WITHDRAWN, at=THEN + timedelta(days=1)))
    first, second = ConsentEvent.objects.order_by("pk")
    assert (second.previous, bytes(second.address_key)) == (first, bytes(first.address_key))
    assert ConsentState.objects.get().answer == "withdrawn"


def test_later_answers_take_a_fixed_number_of_statements(django_assert_max_num_queries):
    refs = [uuid.uuid4() for _ in range(30)]
    record(*(brought(number, ref=ref) for number, ref in enumerate(refs)))
    no = [brought(n, ref=ref, answer=Answer.WITHDRAWN, at=THEN + timedelta(days=1)) for n, ref in enumerate(refs)]
    with remembering(), django_assert_max_num_queries(35):
        record(*no)
    assert set(ConsentState.objects.values_list("answer", flat=True)) == {"withdrawn"}


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
