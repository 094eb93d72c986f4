"""Nothing takes for ever, nothing is dropped because two clocks differ."""

import threading
import time

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction

from portal import limits
from portal.celery import app, count_expired, queue_of
from portal.kernel.core import clock, task_faults
from portal.kernel.ledger.services import sealer
from portal.schedule import BEAT, ROUTES
from tests.audit.factories import AuditEventFactory


def ours():
    app.loader.import_default_modules()
    app.finalize()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_each_task_has_the_limits_of_its_queue_and_celery_sends_it_there():
    tasks = ours()
    assert len(tasks) > 50
    for name, task in tasks.items():
        routed = app.amqp.router.route({}, name)["queue"].name
        assert queue_of(name) == routed, name
        expected = limits.LONG.get(name, limits.QUEUES[routed])
        assert (task.soft_time_limit, task.time_limit) == expected, name
    assert set(limits.LONG) | {name for name in ROUTES if "*" not in name} <= set(tasks)


def test_a_sealer_is_ended_within_half_a_minute_and_a_task_is_told_before():
    assert limits.QUEUES["ledger"][1] <= 30
    assert all(0 < soft < hard for soft, hard in [*limits.QUEUES.values(), *limits.LONG.values()])


def test_no_task_is_dropped_because_the_clocks_of_two_machines_differ_by_a_minute_and_sealing_never():
    given = {name: entry.get("options", {}).get("expires") for name, entry in BEAT.items()}
    assert min(seconds for seconds in given.values() if seconds is not None) >= 120
    assert given["ledger-seal"] is None


def test_codes_wait_behind_no_letter_and_no_slow_server():
    for name in ("portal.signin.tasks.send_code", "consent.tasks.send_stop_code"):
        assert queue_of(name) == "codes"
    assert {queue_of(name) for name in ours() if "code" not in name and "password" not in name}.isdisjoint({"codes"})


def test_a_task_that_came_too_late_is_logged_and_counted(caplog):
    cache.clear()
    now = clock.now()

    class Request:
        task = "portal.ledger.tasks.seal"

    count_expired(request=Request, expired=True)
    count_expired(request=Request, expired=False)
    assert task_faults.counted(task_faults.EXPIRED, now=now) == 1
    assert "task.expired" in caplog.text


def test_a_count_that_cannot_be_kept_ends_nothing(monkeypatch, caplog):
    monkeypatch.setattr(task_faults.cache, "add", lambda *given, **more: 1 / 0)
    task_faults.note(task_faults.EXPIRED)
    assert "tasks.not_counted" in caplog.text


def test_a_page_a_task_and_a_command_have_their_own_limits():
    web = limits.postgresql_options("web")["options"]
    assert "statement_timeout=30s" in web
    assert "lock_timeout=10s" in web
    assert limits.postgresql_options("command")["options"] == ""
    assert limits.kind_of_process(["/opt/.venv/bin/celery", "-A", "portal", "worker"]) == "worker"
    assert limits.kind_of_process(["/opt/.venv/bin/celery", "-A", "portal", "beat"]) == "command"
    assert limits.kind_of_process(["manage.py", "migrate"]) == "command"


@pytest.mark.django_db
def test_the_database_server_keeps_the_limits_of_a_page():
    if connection.vendor != "postgresql":
        pytest.skip("limits of PostgreSQL")
    given = connection.get_connection_params()
    kept = ("dbname", "host", "port", "user", "password")
    address = {name: given[name] for name in kept if given.get(name)}
    with psycopg.connect(**address, **limits.postgresql_options("web")) as session:
        asked = [session.execute(f"SHOW {name}").fetchone()[0] for name in ("statement_timeout", "lock_timeout")]
        assert asked == ["30s", "10s"]
        session.execute("SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute("SELECT pg_sleep(5)")


@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_is_frozen_in_its_turn_loses_it(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one process")
    monkeypatch.setattr(sealer, "IDLE", "500ms")
    AuditEventFactory()
    has_turn, is_over = threading.Event(), threading.Event()

    def frozen():
        try:
            with transaction.atomic():
                assert sealer._is_the_only_sealer()
                has_turn.set()
                is_over.wait(20)
        except Exception:  # noqa: BLE001 - its session was ended
            pass
        finally:
            connections.close_all()

    thread = threading.Thread(target=frozen)
    thread.start()
    assert has_turn.wait(10)
    assert sealer.seal_batch() is None
    sealed, end = None, time.monotonic() + 10
    while sealed is None and time.monotonic() < end:
        time.sleep(0.1)
        sealed = sealer.seal_batch()
    is_over.set()
    thread.join()
    assert sealed
