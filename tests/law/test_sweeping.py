from datetime import timedelta

import pytest

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ports
from portal.kernel.law.models import ClockEvent
from portal.kernel.law.services import deadline_sweep
from portal.kernel.law.tasks import sweep
from tests.law.factories import ClockFactory


class Told:
    def __init__(self):
        self.calls = []

    def owns(self, owner):
        return owner.startswith("tests.")

    def due_soon(self, clock, *, percent, now):
        self.calls.append((clock.owner, percent))

    def late(self, clock, *, now):
        self.calls.append((clock.owner, "late"))


@pytest.fixture
def told(rules, monkeypatch):
    owner = Told()
    monkeypatch.setattr(ports.clock_owners, "_items", [owner])
    return owner


def running(**given):
    clock = ClockFactory(**given)
    clock.next_at = clock.started_at + (clock.due_at - clock.started_at) / 2
    clock.save(update_fields=["next_at"])
    return clock


def test_an_owner_is_told_at_half_at_four_fifths_and_when_late(told):
    clock = running(owner="tests.thing:1")
    for share in (0.1, 0.5, 0.6, 0.8, 0.99, 1.01, 2):
        deadline_sweep.sweep(now=clock.started_at + (clock.due_at - clock.started_at) * share)
    assert told.calls == [("tests.thing:1", 50), ("tests.thing:1", 80), ("tests.thing:1", "late")]
    assert list(ClockEvent.objects.values_list("kind", "percent")) == [
        ("due_soon", 50),
        ("due_soon", 80),
        ("late", 100),
    ]
    assert AuditEvent.objects.filter(kind="law.clock.missed").count() == 1


def test_a_sweep_after_a_long_stop_tells_once_that_it_is_late(told):
    clock = running()
    done = deadline_sweep.sweep(now=clock.due_at + timedelta(days=30))
    assert (done.due_soon, done.late, len(told.calls)) == (0, 1, 1)


def test_sweeping_twice_tells_once(told):
    clock = running()
    at = clock.due_at + timedelta(hours=1)
    deadline_sweep.sweep(now=at)
    deadline_sweep.sweep(now=at)
    assert len(told.calls) == 1


def test_when_the_owner_fails_the_clock_stays_untold(told, monkeypatch):
    clock = running()

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(told, "late", fail)
    assert deadline_sweep.sweep(now=clock.due_at + timedelta(hours=1)).late == 0
    monkeypatch.undo()
    clock.refresh_from_db()
    assert clock.told_percent == 0


def test_more_clocks_than_a_batch_are_all_told(told, monkeypatch):
    monkeypatch.setattr(deadline_sweep, "BATCH", 2)
    clocks = [running() for _ in range(5)]
    assert deadline_sweep.sweep(now=clocks[0].due_at + timedelta(hours=1)).late == 5


def test_the_task_answers_with_counts(told):
    running()
    assert sweep() == {"due_soon": 0, "late": 1}


def test_an_owner_that_breaks_keeps_nobody_else_waiting_and_is_told_later(told, monkeypatch):
    first, second = running(owner="tests.broken:1"), running(owner="tests.thing:2")
    now = max(first.due_at, second.due_at) + timedelta(days=1)
    late = told.late

    def breaks(clock, *, now):
        if clock.owner == "tests.broken:1":
            raise RuntimeError("asha@example.test")
        late(clock, now=now)

    monkeypatch.setattr(told, "late", breaks)
    assert deadline_sweep.sweep(now=now).late == 1
    assert told.calls == [("tests.thing:2", "late")]
    monkeypatch.setattr(told, "late", late)
    assert deadline_sweep.sweep(now=now).late == 1
    assert told.calls[1:] == [("tests.broken:1", "late")]
