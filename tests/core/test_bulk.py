"""Rows past the ORM: what it writes is what the ORM would have written, key by key, or nothing."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, connection, transaction

from portal.kernel.core import bulk
from portal.kernel.law.models import HouseRule
from portal.kernel.people.models import ContactPoint, Principal, Subject

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, 0, 0, 5000, tzinfo=UTC)
FIELDS = ("id", "ref", "kind", "created_at", "erased_at")


def subjects(*keys, at=NOON):
    return [(key, uuid.uuid4(), "principal", at, None) for key in keys]


def test_rows_read_back_as_the_orm_would_have_written_them():
    (first,) = bulk.new_keys(Subject, 1)
    ref = uuid.uuid4()
    bulk.insert(Subject, FIELDS, [(first, ref, "principal", NOON, NOON)])
    Subject.objects.get(ref=ref, kind="principal", created_at=NOON, erased_at=NOON, pk=first)


def test_a_time_of_another_zone_is_the_same_instant():
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    bulk.insert(Subject, FIELDS, subjects(*bulk.new_keys(Subject, 1), at=elsewhere))
    assert Subject.objects.get().created_at == NOON


def test_a_value_that_is_encrypted_is_so_in_its_row_too():
    subject = Subject.objects.create(kind="principal", created_at=NOON)
    bulk.insert(
        Principal,
        ("subject_id", "full_name", "language", "zone", "created_at"),
        [(subject.pk, "Asha Rao", "en", "Asia/Kolkata", NOON)],
    )
    kept = Principal.objects.get(subject=subject)
    bulk.insert(
        ContactPoint,
        ("principal_id", "kind", "address", "address_key", "added_at"),
        [(kept.pk, "phone", "+919100000001", b"\x01" * 33, NOON)],
    )
    held = ContactPoint.objects.get()
    assert (kept.full_name, held.address, bytes(held.address_key)) == ("Asha Rao", "+919100000001", b"\x01" * 33)
    raw = ContactPoint.objects.raw("SELECT id, address AS sealed FROM people_contactpoint")[0].sealed
    assert b"9100000001" not in bytes(raw)


def test_keys_rise_and_nobody_else_gets_them():
    first = bulk.new_keys(Subject, 3)
    single = Subject.objects.create(kind="principal", created_at=NOON)
    second = bulk.new_keys(Subject, 2)
    every = [*first, single.pk, *second]
    assert every == sorted(set(every))
    bulk.insert(Subject, FIELDS, subjects(*first, *second))
    assert Subject.objects.create(kind="principal", created_at=NOON).pk > second[-1]


def test_one_row_that_is_refused_refuses_them_all():
    keys = bulk.new_keys(Subject, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Subject, FIELDS, [*subjects(*keys), *subjects(keys[0])])
    assert not Subject.objects.exists()


def test_a_field_that_needs_the_orm_is_refused():
    with pytest.raises(TypeError, match="JSONField"):
        bulk.insert(HouseRule, ("values",), [([],)])


@pytest.mark.django_db(transaction=True)
def test_it_is_refused_outside_a_transaction():
    with pytest.raises(RuntimeError, match="transaction"):
        bulk.new_keys(Subject, 1)
    with pytest.raises(RuntimeError, match="transaction"):
        bulk.insert(Subject, FIELDS, [])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plan of a foreign key's check")
def test_a_plan_that_was_made_for_an_empty_table_is_made_anew():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("CREATE TEMPORARY TABLE grown (id bigint PRIMARY KEY)")
        cursor.execute("INSERT INTO grown VALUES (0)")
        cursor.execute("ANALYZE grown")
        cursor.execute("PREPARE there (bigint) AS SELECT 1 FROM grown WHERE id = $1")

        def plan():
            cursor.execute("EXPLAIN EXECUTE there (1)")
            return cursor.fetchone()[0]

        assert plan().startswith("Seq Scan")
        cursor.execute("INSERT INTO grown SELECT generate_series(1, 50000)")
        assert plan().startswith("Seq Scan")
        bulk.plan_anew()
        assert plan().startswith("Index")
        cursor.execute("DEALLOCATE there")
