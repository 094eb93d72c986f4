"""Appending: what is written, and that it stands or falls with what it records."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from portal.kernel.core import clock
from portal.kernel.ledger import commitment, services
from portal.kernel.ledger.models import Entry, Payload, Pending
from tests.ledger.factories import EntryFactory, consent_payload

pytestmark = pytest.mark.django_db


def test_an_entry_commits_to_its_payload_under_a_salt_of_its_own():
    first, second = EntryFactory(), EntryFactory()
    kept = Payload.objects.get(pk=first.pk)
    assert bytes(first.leaf_hash) == commitment.leaf_hash(bytes(kept.salt), bytes(kept.body))
    assert bytes(kept.salt) != bytes(Payload.objects.get(pk=second.pk).salt)


def test_an_entry_waits_for_its_place_in_the_tree():
    entry = EntryFactory()
    assert entry.index is None
    assert not entry.is_sealed
    assert Pending.objects.filter(entry=entry).exists()


def test_a_payload_says_who_when_and_what():
    subject = uuid.uuid4()
    entry = EntryFactory(subject_ref=subject)
    said = services.payload_of(entry)
    assert said["principal"] == str(subject)
    assert said["event_id"] == str(entry.event_id)
    assert said["recorded_at"] == clock.stamp(entry.recorded_at)
    assert (said["v"], said["kind"], said["event"]) == (1, "consent", "given")


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_rolled_back_with_what_it_records():
    with transaction.atomic():
        services.append(kind="consent", payload=consent_payload(), subject_ref=None, recorded_at=clock.now())
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert not Pending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused():
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError, match="transaction"):
        services.append(kind="consent", payload=consent_payload(), subject_ref=None, recorded_at=clock.now())


@pytest.mark.parametrize("payload", [{"event": "given"}, consent_payload(v=2), consent_payload(recorded_at="x")])
def test_a_payload_that_lacks_a_member_or_names_an_added_one_is_refused(payload):
    with pytest.raises(ValueError, match="members"):
        EntryFactory(payload=payload)
    assert not Entry.objects.exists()


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="gossip"):
        EntryFactory(kind="gossip")


def test_many_entries_at_once_are_queued_in_their_order_and_commit_to_their_payloads():
    members = {"act": "a.b.c", "actor": {}, "about": "x:1"}
    with transaction.atomic():
        made = services.append_many(
            kind="audit",
            payloads=[({**members, "facts": {"n": n}}, None) for n in range(3)],
            recorded_at=clock.now(),
        )
    assert [services.payload_of(entry)["facts"]["n"] for entry in made] == [0, 1, 2]
    kept = Payload.objects.get(pk=made[1].pk)
    assert commitment.leaf_hash(bytes(kept.salt), bytes(kept.body)) == bytes(made[1].leaf_hash)
    assert list(Pending.objects.order_by("pk").values_list("entry", flat=True))[-3:] == [e.pk for e in made]


def test_the_last_recorded_moment_is_that_of_the_newest_entry():
    first = EntryFactory()
    assert services.last_recorded_at() == first.recorded_at
    with transaction.atomic():
        (second,) = services.append_many(
            kind="audit",
            payloads=[({"act": "a.b.c", "actor": {}, "about": "x:1", "facts": {}}, None)],
            recorded_at=first.recorded_at + timedelta(seconds=1),
        )
    assert services.last_recorded_at() == second.recorded_at
