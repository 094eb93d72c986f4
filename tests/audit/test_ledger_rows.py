"""Staff read the rows: check V9 finds each that says something else than its leaf, and each that is gone or added."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from portal.kernel.audit import tasks
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import actor, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry, Verification
from tests.audit.factories import AuditEventFactory
from tests.ledger import attacks

pytestmark = pytest.mark.django_db

#: Another value for each column but the key and the entry, which have tests of their own.
OTHER = {
    "kind": "vault.file.stored",
    "actor_kind": "system",
    "actor_ref": "user:8",
    "via": "api",
    "about": "people.customer:OS-CU-7K4M-9QX3",
    "facts": json.dumps({"reason_code": "other"}),
    "subject_ref": uuid.UUID(int=5).hex,
    "at": clock.now() - timedelta(days=1),
}


@pytest.fixture
def events():
    """Three sealed events; nobody has attacked yet."""
    made = AuditEventFactory.create_batch(3, subject_ref=uuid.uuid4())
    ledger.seal_now()
    assert ledger.verify().failures == []
    return made


def failures(**kwargs):
    return [(failure.check, failure.index) for failure in ledger.verify(**kwargs).failures]


def tamper(event, column, value):
    if connection.vendor == "sqlite" and hasattr(value, "isoformat"):
        value = value.replace(tzinfo=None).isoformat(" ")
    with attacks.unguarded():
        attacks.execute(f"UPDATE audit_auditevent SET {column} = %s WHERE id = %s", value, event.pk)


def test_every_column_has_a_test():
    assert set(OTHER) | {"id", "entry_id"} == {field.column for field in AuditEvent._meta.concrete_fields}


@pytest.mark.parametrize("column", sorted(OTHER))
def test_a_changed_column_is_found(events, column):
    tamper(events[1], column, OTHER[column])
    assert failures() == [("V9", events[1].entry.index)]
    assert failures(start=3) == []


@pytest.mark.parametrize(("column", "value"), [("facts", "{}"), ("subject_ref", None)])
def test_an_emptied_column_is_found(events, column, value):
    tamper(events[1], column, value)
    assert failures() == [("V9", events[1].entry.index)]


def test_the_message_names_columns_and_never_what_stands_in_them(events):
    tamper(events[1], "about", "people.customer:somebody")
    (failure,) = ledger.verify().failures
    assert failure.message == "A row of audit.AuditEvent says something else than the content: about."


def test_a_row_moved_to_another_entry_is_found(events):
    tamper(events[1], "entry_id", Entry.objects.get(kind="genesis").pk)
    assert failures() == [("V9", 0), ("V9", events[1].entry.index)]


def test_a_deleted_row_is_found(events):
    with attacks.without_foreign_keys(), attacks.unguarded():
        attacks.execute("DELETE FROM audit_auditpersonal WHERE event_id = %s", events[1].pk)
        attacks.execute("DELETE FROM audit_auditevent WHERE id = %s", events[1].pk)
    assert failures() == [("V9", events[1].entry.index)]


def test_an_added_row_without_an_entry_is_found(events):
    columns = "kind, actor_kind, actor_ref, via, about, facts, subject_ref, at"
    with attacks.without_foreign_keys():
        attacks.execute(
            f"INSERT INTO audit_auditevent (entry_id, {columns}) SELECT 9999, {columns} FROM audit_auditevent WHERE id = %s",
            events[1].pk,
        )
        assert failures() == [("V9", None)]
        with attacks.unguarded():
            attacks.execute("DELETE FROM audit_auditevent WHERE entry_id = 9999")


def test_an_erased_event_keeps_its_row_and_is_no_failure(events):
    ledger.redact([events[1].entry], basis="test", requested_at=clock.now())
    assert failures() == []


def test_the_hourly_run_finds_it_for_new_events_and_stops_signing(events):
    tasks.verify_new()
    later = AuditEventFactory()
    ledger.seal_now()
    tamper(later, "about", "people.customer:other")
    tasks.verify_new()
    run = Verification.objects.latest("pk")
    assert [failure[:2] for failure in run.failures] == [["V9", later.entry.index]]
    assert ledger.readiness()[1] is False


def test_the_nightly_run_finds_it_for_old_events(events):
    tasks.verify_new()
    tamper(events[0], "actor_ref", "user:9")
    tasks.verify_all()
    assert [failure[0] for failure in Verification.objects.latest("pk").failures] == ["V9"]


def test_a_personal_part_that_was_changed_broken_or_added_is_found_and_one_that_was_erased_is_not(events):
    made = [AuditEventFactory(personal={"old": "1", "new": str(n)}) for n in range(2)]
    bare = AuditEventFactory(actor=actor.SYSTEM)
    ledger.seal_now()
    assert failures() == []
    changed, erased = (AuditPersonal.objects.get(event=event) for event in made)
    for body in (str(changed.body).replace('"1"', '"9"'), b"broken"):
        AuditPersonal.objects.filter(pk=changed.pk).update(body=body)
        assert failures() == [("V9", made[0].entry.index)]
    AuditPersonal.objects.filter(pk=changed.pk).delete()
    erased.delete()
    assert failures() == []
    AuditPersonal.objects.create(event=bare, body="{}", recorded_at=clock.now())
    assert failures() == [("V9", bare.entry.index)]
