"""A decision rests on no row of the projection that the writer did not seal."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import QuerySet

from consent.base.choices import Answer, Way
from consent.base.rules.contact import UNPROVED_WORD, Reason, Word
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import ConsentEvent, ConsentState, NoticeText
from consent.records.selectors import entry_rows, folds, sender_consents
from consent.records.services import projection
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Head, Leaf, Payload
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.registers.factories import registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


NOON = datetime(2026, 11, 16, 12, tzinfo=clock.IST)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def tamper(**columns):
    """What somebody with every right on the database does: no trigger guards a projection."""
    assert ConsentState.objects.update(**columns) == 1


def decision(purpose="marketing"):
    return may_contact(address=ASHA_PHONE, purpose=purpose, channel="sms", at=NOON)


def in_a_batch():
    (answer,) = decide_all(Question("marketing", "sms", NOON), [ASHA_PHONE])
    return answer


def test_a_withdrawal_that_was_turned_into_consent_by_hand_allows_nothing(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=2))
    said(asha, "withdrawn", occurred_at=NOON - timedelta(days=1))
    tamper(answer="given")
    for answer in (decision(), in_a_batch()):
        assert (answer.allowed, answer.reason, answer.entry) == (False, Reason.CONSENT_UNPROVED, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("answer", "renewed"),
        ("answer", "expired"),
        ("verified", False),
        ("expires_at", None),
        ("expires_at", NOON + timedelta(days=9000)),
        ("entry_ref", uuid4()),
        ("subject_ref", uuid4()),
        ("occurred_at", NOON - timedelta(days=3, microseconds=1)),
        ("notice_version_id", None),
        ("as_of_event", 10**9),
        ("as_of_event", 0),
        ("seal", b"\x00" * 40),
        ("seal", b"\xff" * 40),
        ("seal", b""),
    ],
)
def test_no_column_of_a_sealed_row_can_be_changed(asha, column, value):
    event = said(asha, "given", occurred_at=NOON - timedelta(days=1))
    assert decision().allowed
    assert in_a_batch().allowed
    tamper(**{column: value})
    if column == "seal":
        tamper(seal=event.pk.to_bytes(8) + value[8:] if value else value)
    assert decision().reason is Reason.CONSENT_UNPROVED
    assert in_a_batch().reason is Reason.CONSENT_UNPROVED


def test_a_sealed_row_cannot_be_moved_to_another_purpose(asha):
    said(asha, "given", purpose="product_updates", occurred_at=NOON - timedelta(days=1))
    tamper(purpose="marketing")
    assert decision().reason is Reason.CONSENT_UNPROVED


def test_what_is_owed_goes_out_whatever_a_row_says(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=1))
    before = decision("account_service")
    ConsentState.objects.update(seal=b"\x00" * 40)
    assert decision("account_service") == before
    assert before.allowed


def test_a_use_is_refused_too(asha):
    said(asha, "withdrawn", purpose="analytics", channel="none")
    tamper(answer="given")
    answer = may_process(subject=asha.subject.ref, purpose="analytics", at=NOON)
    assert (answer.allowed, answer.reason) == (False, Reason.CONSENT_UNPROVED)


def test_a_row_from_before_the_seal_counts_while_its_events_say_the_same(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=1))
    tamper(seal=None)
    assert decision().allowed
    assert in_a_batch().allowed
    tamper(expires_at=None)
    assert decision().reason is Reason.CONSENT_UNPROVED
    assert in_a_batch().reason is Reason.CONSENT_UNPROVED


def test_a_row_that_the_release_before_wrote_over_a_sealed_one_counts(asha):
    """While two releases serve, the old one writes what it knows and leaves the seal of an earlier version."""
    said(asha, "given", occurred_at=NOON - timedelta(days=2))
    old = bytes(ConsentState.objects.get().seal)
    said(asha, "renewed", occurred_at=NOON - timedelta(days=1))
    tamper(seal=old)
    assert decision().allowed
    assert in_a_batch().allowed


def test_rows_without_a_seal_are_sealed_only_where_their_events_agree(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=2))
    said(asha, "withdrawn", channel="email", occurred_at=NOON - timedelta(days=1))
    sealed = dict(ConsentState.objects.values_list("channel", "seal"))
    ConsentState.objects.update(seal=None)
    ConsentState.objects.filter(channel="email").update(answer="given")
    assert projection.seal_unsealed() == 1
    assert dict(ConsentState.objects.values_list("channel", "seal")) == {"sms": sealed["sms"], "email": None}
    assert projection.seal_unsealed() == 0


def test_a_rebuild_mends_and_seals(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=2))
    said(asha, "withdrawn", channel="email", occurred_at=NOON - timedelta(days=1))
    before = list(ConsentState.objects.order_by("pk").values())
    ConsentState.objects.filter(channel="sms").update(seal=None)
    ConsentState.objects.filter(channel="email").update(answer="given", as_of_event=10**9)
    done = rebuild_consent_state(actor=actor.SYSTEM)
    assert (done.mended, done.sealed) == (1, 1)
    assert list(ConsentState.objects.order_by("pk").values()) == before


def test_the_seal_is_the_same_inside_a_transaction_and_outside(asha):
    """One way goes past the cursors and reads text, the other gets the values of the driver."""
    said(asha, "given", occurred_at=NOON - timedelta(days=1))
    assert connection.in_atomic_block
    assert decision().allowed


def insert(like: ConsentEvent, **changes: Any) -> ConsentEvent:
    """An event put into the table by hand, on an entry of another kind: nobody without the ledger's key can write one."""
    at = clock.now()
    entry = EntryFactory(kind="notice", payload={"id": "consent", "version": 1, "lang": "en", "sha256": "0" * 64})
    values = {f.attname: getattr(like, f.attname) for f in ConsentEvent._meta.concrete_fields if not f.primary_key}
    forged = ConsentEvent(**{**values, "entry_id": entry.pk, "occurred_at": at, "recorded_at": at, **changes})
    ConsentEvent.objects.bulk_create([forged])
    return ConsentEvent.objects.latest("pk")


def for_onestu():
    header = "AD-ONESTU-P"
    (many,) = decide_all(Question("marketing", "sms", NOON, header=header), [ASHA_PHONE])
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=NOON, header=header), many


def test_a_consent_to_one_sender_that_was_inserted_on_a_foreign_entry_allows_nothing(asha):
    registered_sender("ONESTU", carries=["promotional"])
    consent = said(asha, "given", occurred_at=NOON - timedelta(days=2))
    said(asha, "withdrawn", occurred_at=NOON - timedelta(days=1))
    insert(consent, sender="ONESTU", previous_id=None)
    for answer in for_onestu():
        assert (answer.allowed, answer.reason, answer.entry) == (False, Reason.CONSENT_UNPROVED, None)


def test_a_row_without_a_seal_over_an_event_on_a_foreign_entry_allows_nothing_and_is_not_sealed(asha):
    consent = said(asha, "given", occurred_at=NOON - timedelta(days=2))
    refusal = said(asha, "withdrawn", occurred_at=NOON - timedelta(days=1))
    insert(consent, previous_id=refusal.pk)
    row = ConsentState.objects.get()
    key = folds.Key(row.fiduciary_id, bytes(row.address_key), row.purpose, row.channel)
    tamper(**folds.fold(folds.at_key(key)), seal=None)
    for answer in (decision(), in_a_batch()):
        assert (answer.allowed, answer.reason, answer.entry) == (False, Reason.CONSENT_UNPROVED, None)
    assert projection.seal_unsealed() == 0
    assert ConsentState.objects.get().seal is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("answer", "given"),
        ("expires_at", NOON + timedelta(days=9000)),
        ("occurred_at", NOON - timedelta(hours=1)),
        ("address_verified", False),
        ("notice_version_id", None),
    ],
)
def test_events_of_all_senders_that_differ_from_the_sealed_row_count_for_no_sender(asha, monkeypatch, column, value):
    """Each names its true entry: only the whole word shows that it is another. As read by whoever changed the table."""
    said(asha, "given", occurred_at=NOON - timedelta(days=3))
    if column == "answer":
        said(asha, "withdrawn", occurred_at=NOON - timedelta(days=2))
    state = ConsentState.objects.get()
    place = state.fiduciary_id, [bytes(state.address_key)], "marketing", "sms"
    word = Word(state.answer, verified=state.verified, expires_at=state.expires_at)
    kept = sender_consents.Sealed(str(state.entry_ref), word, state.occurred_at, state.notice_version_id)
    true = sender_consents.proved_at(*place, sender="ONESTU", state=kept)
    assert true is not None
    assert true.word == word
    rows = sender_consents._rows(*place)
    monkeypatch.setattr(sender_consents, "_rows", lambda *_place: [*rows[:-1], {**rows[-1], column: value}])
    monkeypatch.setattr(entry_rows, "doubt", lambda rows: entry_rows.Doubt(frozenset(), frozenset()))
    false = sender_consents.proved_at(*place, sender="ONESTU", state=kept)
    assert false is not None
    assert (false.word, false.entry) == (UNPROVED_WORD, None)


@pytest.mark.django_db(transaction=True)
def test_the_seal_holds_outside_a_transaction(asha):
    said(asha, "given", occurred_at=(NOON - timedelta(days=1)).replace(microsecond=120_000))
    assert not connection.in_atomic_block
    assert decision().allowed
    assert in_a_batch().allowed
    tamper(verified=False)
    assert decision().reason is Reason.CONSENT_UNPROVED


def edit(event: ConsentEvent, **columns: Any) -> None:
    """What the owner of the tables does to an event: triggers are no hindrance to them."""
    with attacks.unguarded():
        changed = QuerySet(ConsentEvent).filter(pk=event.pk).update(**columns)
    assert changed == 1


def place_of(who):
    return address_of(subject_ref=who.subject.ref, channel="sms", kind="phone", text=ASHA_PHONE)


def to_onestu(who, answer, at):
    notice = NoticeText.objects.first() if answer == "given" else None
    choice = Choice(place_of(who), "marketing", "sms", Answer(answer), notice, sender="ONESTU")
    (event,) = record_all(
        subject_ref=who.subject.ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE, occurred_at=at, actor=actor.SYSTEM
    ).events  # fmt: skip
    return event


def answers():
    """One by one and in a set: whether it is allowed, and why."""
    return {(answer.allowed, answer.reason) for answer in (decision(), in_a_batch())}


REFUSED = {(False, Reason.CONSENT_UNPROVED)}


@pytest.fixture
def ravi(asha):
    """Somebody else at Asha's number."""
    return person(email="ravi@acme.example", phone=ASHA_PHONE)


@pytest.fixture
def turned(asha, ravi):
    """Asha refused, and her event was turned into consent by hand; Ravi agreed at the same number. The state: refused."""
    refusal = said(asha, "denied", occurred_at=NOON - timedelta(days=2))
    said(ravi, "given", occurred_at=NOON - timedelta(days=1))
    assert decision().reason is Reason.CONSENT_DENIED
    edit(refusal, answer="given", expires_at=NOON + timedelta(days=300))
    return refusal


def test_a_consent_beside_a_refusal_that_was_edited_is_not_sealed(turned, ravi, django_capture_on_commit_callbacks):
    """The event that decides is genuine: the one that would have decided was edited."""
    ledger.seal_now()
    with django_capture_on_commit_callbacks(execute=True):
        said(ravi, "given", occurred_at=NOON - timedelta(hours=1))
    assert ConsentState.objects.get().seal is None
    assert answers() == REFUSED
    assert (Head.objects.get().stopped_by, projection.seal_unsealed()) == ("V9", 0)
    stopped = AuditEvent.objects.get(kind="ledger.signing.stopped")
    assert stopped.facts["index"] == Leaf.objects.get(entry=turned.entry_id).pk


@pytest.mark.parametrize(
    "columns",
    [
        {"answer": "given"},
        {"occurred_at": NOON - timedelta(days=9)},
        {"sender": "ONESTU"},
        {"purpose": "product_updates"},
    ],
)
def test_a_rebuild_over_an_event_that_was_edited_seals_nothing(asha, columns, django_capture_on_commit_callbacks):
    said(asha, "given", occurred_at=NOON - timedelta(days=3))
    refusal = said(asha, "withdrawn", occurred_at=NOON - timedelta(days=2))
    ledger.seal_now()
    kept = ConsentState.objects.values().get()
    edit(refusal, **columns)
    with django_capture_on_commit_callbacks(execute=True):
        done = rebuild_consent_state(actor=actor.SYSTEM)
    assert ConsentState.objects.filter(purpose="marketing").values().get() == kept
    assert (done.mended, done.sealed, done.refused) == (0, 0, 2 if "purpose" in columns else 1)
    assert Head.objects.get().stopped_by == "V9"


def test_a_consent_after_a_refusal_that_was_moved_to_another_place_is_not_sealed(asha, ravi):
    said(ravi, "given", occurred_at=NOON - timedelta(days=3))
    refusal = said(asha, "denied", occurred_at=NOON - timedelta(days=2))
    edit(refusal, sender="ONESTU")
    said(ravi, "given", occurred_at=NOON - timedelta(days=1))
    assert ConsentState.objects.get().answer == "denied"
    assert {allowed for allowed, _reason in answers()} == {False}
    said(ravi, "withdrawn", occurred_at=NOON - timedelta(hours=1))
    assert ConsentState.objects.get().answer == "withdrawn"
    assert {allowed for allowed, _reason in answers()} == {False}
    said(ravi, "given", occurred_at=NOON - timedelta(minutes=9))
    assert {allowed for allowed, _reason in answers()} == {False}
    assert projection.seal_unsealed() == 0


def test_a_stop_is_recorded_also_where_the_only_event_before_it_was_moved_away(asha):
    consent = said(asha, "given", occurred_at=NOON - timedelta(days=3))
    edit(consent, purpose="product_updates")
    said(asha, "withdrawn", occurred_at=NOON - timedelta(days=1))
    assert answers() == {(False, Reason.CONSENT_WITHDRAWN)}


def test_a_rebuild_never_seals_the_consent_before_a_refusal_that_was_moved_away(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=3))
    edit(said(asha, "withdrawn", occurred_at=NOON - timedelta(days=2)), purpose="product_updates")
    for _time in range(2):
        assert rebuild_consent_state(actor=actor.SYSTEM).removed == 0
        assert answers() == {(False, Reason.CONSENT_WITHDRAWN)}


def test_a_state_that_was_deleted_is_rebuilt_without_a_seal_over_an_event_that_was_edited(turned):
    ConsentState.objects.all().delete()
    assert rebuild_consent_state(actor=actor.SYSTEM).refused == 1
    assert answers() == REFUSED


def test_an_answer_after_the_event_before_it_was_edited_is_not_sealed(asha):
    consent = said(asha, "given", occurred_at=NOON - timedelta(days=3))
    edit(consent, expires_at=NOON + timedelta(days=9000))
    said(asha, "renewed", occurred_at=NOON - timedelta(days=1))
    assert ConsentState.objects.get().seal is None
    assert answers() == REFUSED


@pytest.mark.parametrize("answer", ["withdrawn", "denied"])
def test_a_stop_is_kept_to_whatever_was_done_to_the_events_before_it(turned, asha, ravi, answer):
    for who in (asha, ravi):
        said(who, answer, occurred_at=NOON - timedelta(hours=1))
        assert {allowed for allowed, _reason in answers()} == {False}
    assert ConsentState.objects.get().answer == answer


def test_a_stop_is_kept_to_also_where_the_consent_before_it_was_moved_ahead_of_it(asha):
    consent = said(asha, "given", occurred_at=NOON - timedelta(days=3))
    edit(consent, occurred_at=NOON + timedelta(days=3))
    said(asha, "withdrawn", occurred_at=NOON - timedelta(days=1))
    assert answers() == REFUSED


def test_once_the_event_says_again_what_its_leaf_says_the_consent_counts(turned, asha, ravi):
    said(ravi, "given", occurred_at=NOON - timedelta(hours=1))
    said(asha, "given", occurred_at=NOON - timedelta(hours=1))
    assert answers() == REFUSED
    edit(turned, answer="denied", expires_at=None)
    assert projection.seal_unsealed() == 1
    assert {allowed for allowed, _reason in answers()} == {True}


def test_a_joined_reference_seals_nothing_over_an_event_that_was_edited(turned, asha, ravi):
    with transaction.atomic():
        subjects.join(old_ref=asha.subject.ref, new_ref=ravi.subject.ref, actor=actor.SYSTEM, now=NOON)
    assert answers() == REFUSED


def test_a_set_of_answers_from_elsewhere_seals_nothing_over_an_event_that_was_edited(turned, ravi):
    proof = ({"type": "form", "sha256": "ab" * 32},)
    choice = Choice(place_of(ravi), "marketing", "sms", Answer.GIVEN, evidence=proof)
    record_brought(
        fiduciary="onesetu",
        answers=[Brought(ravi.subject.ref, choice, NOON - timedelta(hours=1))],
        actor=actor.SYSTEM,
        now=NOON,
    )
    assert answers() == REFUSED


def test_an_answer_after_one_whose_content_was_erased_is_sealed(asha, ravi):
    old = said(asha, "given", occurred_at=NOON - timedelta(days=3))
    ledger.seal_now()
    ledger.redact([old.entry], basis="test", requested_at=NOON)
    said(ravi, "given", occurred_at=NOON - timedelta(hours=1))
    assert ConsentState.objects.get().seal is not None
    assert decision().allowed


def test_an_event_whose_content_was_deleted_without_a_record_counts_for_nothing(asha, ravi):
    old = said(asha, "given", occurred_at=NOON - timedelta(days=3))
    ledger.seal_now()
    with attacks.unguarded():
        Payload.objects.filter(entry=old.entry_id).delete()
    said(ravi, "given", occurred_at=NOON - timedelta(hours=1))
    assert answers() == REFUSED


def test_a_consent_to_one_sender_beside_a_refusal_that_was_edited_allows_nothing(asha, ravi):
    registered_sender("ONESTU", carries=["promotional"])
    refusal = to_onestu(asha, "denied", NOON - timedelta(days=2))
    to_onestu(ravi, "given", NOON - timedelta(days=1))
    assert not any(answer.allowed for answer in for_onestu())
    edit(refusal, answer="given", expires_at=NOON + timedelta(days=300))
    for answer in for_onestu():
        assert (answer.allowed, answer.reason) == (False, Reason.CONSENT_UNPROVED)
