"""Staff read the rows: check V9 finds each consent event that says something else than its leaf."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from consent.base.choices import Answer, Way
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.models import ConsentEvent, ConsentReceipt, NoticeVersion
from consent.records.services.consent_events import Choice, address_of, record_all
from portal.kernel.core import actor, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.ledger import attacks

pytestmark = pytest.mark.django_db


@pytest.fixture
def events():
    """Yes, no and yes again of one person, sealed; a receipt, a notice and a client beside them."""
    law_is_loaded()
    published_notice(effective_on=clock.now().date() - timedelta(days=400))
    published_notice()
    Fiduciary.objects.create(code="acme", name="Acme", created_at=clock.now())
    who = person()
    made = [said(who, answer) for answer in ("given", "withdrawn", "given")]
    ledger.seal_now()
    assert ledger.verify().failures == []
    return made


def others(event):
    """Another value for each column but the key and the entry."""
    earlier, later = clock.now() - timedelta(days=30), clock.now() + timedelta(days=3000)
    return {
        "receipt_id": ConsentReceipt.objects.exclude(pk=event.receipt_id).first().pk,
        "subject_ref": uuid.UUID(int=5).hex,
        "fiduciary_id": Fiduciary.objects.get(code="acme").pk,
        "address_kind": "email",
        "address_key": b"\x01" + b"\x07" * 32,
        "address_verified": False,
        "purpose": "product_updates",
        "channel": "whatsapp",
        "sender": "ONESTU",
        "answer": "denied",
        "notice_version_id": NoticeVersion.objects.exclude(pk=event.notice_version_id).get().pk,
        "notice_language": "hi",
        "notice_sha256": "0" * 64,
        "way": "api",
        "actor_kind": "staff",
        "actor_ref": "user:8",
        "previous_id": None,
        "occurred_at": earlier,
        "recorded_at": earlier,
        "expires_at": later,
    }


COLUMNS = sorted({field.column for field in ConsentEvent._meta.concrete_fields} - {"id", "entry_id"})


def tamper(event, column, value):
    if connection.vendor == "sqlite" and hasattr(value, "isoformat"):
        value = value.replace(tzinfo=None).isoformat(" ")
    with attacks.unguarded():
        attacks.execute(f"UPDATE consent_consentevent SET {column} = %s WHERE id = %s", value, event.pk)


def failures():
    """Those of V9. A changed event comes to another state, too: V10 then fires beside it, rightly."""
    found = ledger.verify().failures
    assert {failure.check for failure in found} <= {"V9", "V10"}
    return [(failure.check, failure.index) for failure in found if failure.check == "V9"]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found(events, column):
    last = events[-1]
    if column == "previous_id":  # NULL would collide with the first event of the address
        tamper(last, "previous_id", last.pk)
    else:
        tamper(last, column, others(last)[column])
    index = Entry.objects.get(pk=last.entry_id).index
    assert failures() == [("V9", index)]


def test_an_answer_about_one_sender_that_is_made_one_about_all_is_found(events):
    place = address_of(subject_ref=events[-1].subject_ref, channel="sms", kind="phone", text=ASHA_PHONE)
    choice = Choice(place, "marketing", "sms", Answer.DENIED, sender="ONESTU")
    (event,) = record_all(
        subject_ref=events[-1].subject_ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE,
        occurred_at=clock.now(), actor=actor.SYSTEM,
    ).events  # fmt: skip
    ledger.seal_now()
    assert failures() == []
    tamper(event, "purpose", "product_updates")  # else it would collide with the first event of the address
    tamper(event, "sender", "")
    assert any(failure.check == "V9" and "sender" in failure.message for failure in ledger.verify().failures)


@pytest.mark.parametrize("column", ["expires_at", "notice_version_id"])
def test_an_emptied_column_is_found(events, column):
    tamper(events[-1], column, None)
    assert [check for check, _index in failures()] == ["V9"]


def test_a_deleted_row_is_found(events):
    with attacks.without_foreign_keys(), attacks.unguarded():
        attacks.execute("DELETE FROM consent_consentstate")
        attacks.execute("DELETE FROM consent_consentevent WHERE id = %s", events[-1].pk)
    assert [check for check, _index in failures()] == ["V9"]


def test_answers_brought_from_elsewhere_agree_with_their_leaves(events):
    who = person(email="brought@acme.example", phone="+919876500001")
    place = address_of(subject_ref=who.subject.ref, channel="sms", kind="phone", text="+919876500001")
    choice = Choice(place, "marketing", "sms", Answer.GIVEN, evidence=[{"type": "list", "sha256": "0" * 64}])
    answer = Brought(who.subject.ref, choice, clock.now() - timedelta(days=1))
    record_brought(fiduciary="onesetu", answers=[answer, answer], actor=actor.SYSTEM)
    ledger.seal_now()
    assert failures() == []
    tamper(ConsentEvent.objects.latest("pk"), "expires_at", None)
    assert [check for check, _index in failures()] == ["V9"]


def test_a_leaf_of_an_older_version_is_compared_in_what_it_has(events):
    """Leaves once had no kind of address, no end and no receipt: those are not missed, the rest is compared."""
    old = events[-1]
    said_then = {
        member: value
        for member, value in ledger.payload_of(old.entry).items()
        if member not in {"address_kind", "address_verified", "expires_at", "receipt", "v", "kind", "event_id"}
        and member not in {"recorded_at", "principal"}
    }
    with transaction.atomic():
        entry = ledger.append(
            kind="consent", payload=said_then, subject_ref=old.subject_ref, recorded_at=old.recorded_at
        )
    tamper(old, "entry_id", entry.pk)
    ledger.seal_now()
    moved = ("V9", old.entry.index)
    assert failures() == [moved]  # the leaf whose row was moved, and nothing about the old one
    tamper(old, "purpose", "product_updates")
    assert failures() == [moved, ("V9", Entry.objects.get(pk=entry.pk).index)]
