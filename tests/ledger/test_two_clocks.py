"""A process whose clock is not the database's writes nothing, and what is written is dated by the database's clock."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.kernel.core import clock, database_clock
from portal.kernel.core.database_clock import ClocksApart
from portal.kernel.ledger import services
from portal.kernel.ledger.models import Checkpoint, Entry
from tests.ledger.factories import EntryFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone")]
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no clock of its own")


@pytest.fixture(autouse=True)
def compared(settings, monkeypatch):
    """As in production; this process has asked for the time once, and nobody says that NTP keeps its clock."""
    settings.CLOCKS_MUST_AGREE = True
    monkeypatch.setattr(database_clock, "_state", database_clock._State())
    monkeypatch.setattr(database_clock, "is_kept_by_ntp", lambda: False)
    database_clock.apart()


def test_one_process_a_day_ahead_and_one_a_day_behind_write_nothing_and_signing_goes_on():
    """Each wrote one entry: V8 stopped signing for good, and no command accepted what it found."""
    EntryFactory()
    services.seal_now()
    EntryFactory()
    for by in (timedelta(days=1), timedelta(days=-1)):
        with time_machine.travel(clock.now() + by):
            for write in (EntryFactory, services.seal_now):
                with pytest.raises(ClocksApart):
                    write()
            with pytest.raises(ClocksApart), transaction.atomic():
                services.append_many(kind="consent", payloads=[], recorded_at=clock.now())
    assert Entry.objects.count() == 3
    services.seal_now()
    assert services.verify().failures == []
    assert Checkpoint.objects.count() == 2


@on_postgresql
def test_an_entry_is_dated_by_the_databases_clock():
    real = clock.now()
    with time_machine.travel(real + timedelta(seconds=40)):
        entry = EntryFactory()
        services.seal_now()
    assert abs(entry.recorded_at - real) < timedelta(seconds=10)
    assert abs(Checkpoint.objects.get().signed_at - real) < timedelta(seconds=10)
    assert services.verify().failures == []


@on_postgresql
def test_a_machine_that_slept_is_found_by_the_statement_that_writes(monkeypatch):
    """Both its clocks had stopped: the reading of a second ago, as it believes, is an hour old."""
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        slept = database_clock._Reading(timedelta(0), clock.system_time(), database_clock._counted())
        monkeypatch.setattr(database_clock._state, "reading", slept)
        assert not database_clock.is_apart()
        with pytest.raises(ClocksApart):
            EntryFactory()
    assert not Entry.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="there the database is asked")
def test_a_machine_that_slept_writes_on_sqlite_once_ntp_keeps_its_clock(monkeypatch):
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        with pytest.raises(ClocksApart):
            EntryFactory()
        monkeypatch.setattr(database_clock, "is_kept_by_ntp", lambda: True)
        monkeypatch.setattr(database_clock, "READ_EVERY", 0)
        EntryFactory()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="there the database is asked")
def test_a_new_process_on_sqlite_that_is_before_the_last_entry_writes_nothing(monkeypatch):
    EntryFactory()
    with time_machine.travel(clock.now() - timedelta(minutes=2)):
        monkeypatch.setattr(database_clock, "_state", database_clock._State())
        with pytest.raises(ClocksApart):
            EntryFactory()
    assert Entry.objects.count() == 1


def test_the_clock_is_asked_for_once_a_second_however_much_is_written(monkeypatch):
    monkeypatch.setattr(database_clock, "_state", database_clock._State())
    with CaptureQueriesContext(connection) as queries:
        for _each in range(20):
            EntryFactory()
            database_clock.is_apart()
    asked = [
        one["sql"] for one in queries if one["sql"].startswith(("SELECT clock_timestamp()", 'SELECT "ledger_entry"'))
    ]
    assert len(asked) <= 2
