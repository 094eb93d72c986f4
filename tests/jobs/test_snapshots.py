"""One view of the database while a list is read."""

import pytest
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from portal.kernel.jobs.models import Job
from portal.kernel.jobs.snapshots import ALIAS, snapshot
from tests.jobs.factories import JobFactory


@pytest.mark.django_db
def test_inside_a_transaction_it_is_the_callers_own_view() -> None:
    job = JobFactory()
    with snapshot() as using:
        assert using == DEFAULT_DB_ALIAS
        assert Job.objects.using(using).get().pk == job.pk


@pytest.mark.django_db(transaction=True)
def test_what_others_write_meanwhile_is_not_seen_and_nobody_waits() -> None:
    JobFactory()
    with snapshot() as using:
        assert Job.objects.using(using).count() == 1
        JobFactory()
        assert Job.objects.using(using).count() == 1
        assert Job.objects.count() == 2
    assert ALIAS not in vars(connections._connections)


@pytest.mark.django_db(transaction=True)
def test_on_postgresql_it_cannot_write() -> None:
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        pytest.skip("SQLite has no transaction that only reads")
    with pytest.raises(DatabaseError), snapshot() as using:
        JobFactory._meta.model.objects.using(using).create(reference="x", kind="x", created_at="2026-01-01T00:00:00Z")
