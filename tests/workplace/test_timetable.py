"""One beat keeps the timetable; a second one waits for its turn."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.db.models.functions import Now

from portal.celery import app
from portal.fronts.workplace import timetable
from portal.fronts.workplace.models import TimetableTurn

pytestmark = pytest.mark.django_db


@pytest.fixture
def beats(tmp_path):
    """Two of them, with files of their own, whose only entry is due at once."""
    found = [
        timetable.SingleScheduler(app=app, schedule_filename=str(tmp_path / name), lazy=True) for name in ("one", "two")
    ]
    yield found
    for beat in found:
        if getattr(beat, "_store", None) is not None:
            beat._store.close()


def sent_by(beat, monkeypatch):
    sent = []
    monkeypatch.setattr(timetable.PersistentScheduler, "tick", lambda self, *given: sent.append(self) or 300.0)
    wait = beat.tick()
    return bool(sent), wait


def test_of_two_beats_one_sends_and_the_other_takes_over_when_it_is_gone(beats, monkeypatch):
    first, second = beats
    assert sent_by(first, monkeypatch) == (True, timetable.LOOKS)
    assert sent_by(second, monkeypatch) == (False, timetable.LOOKS)
    assert sent_by(first, monkeypatch)[0]
    TimetableTurn.objects.update(until=Now() - timedelta(seconds=1))
    assert sent_by(second, monkeypatch)[0]
    assert not sent_by(first, monkeypatch)[0]


def test_a_beat_that_ends_gives_its_turn_back_and_a_waiting_one_does_not_take_it_away(beats, monkeypatch):
    first, second = beats
    assert sent_by(first, monkeypatch)[0]
    monkeypatch.setattr(timetable.PersistentScheduler, "close", lambda self: None)
    second.close()
    assert not sent_by(second, monkeypatch)[0]
    first.close()
    assert sent_by(second, monkeypatch)[0]


def test_a_turn_is_renewed_before_it_runs_out_and_not_at_each_tick(django_assert_num_queries):
    holder = uuid4()
    assert timetable.take_turn(holder)
    before = TimetableTurn.objects.get().until
    assert timetable.take_turn(holder)
    assert TimetableTurn.objects.get().until == before
    TimetableTurn.objects.update(until=Now() + timedelta(seconds=10))
    assert timetable.take_turn(holder)
    assert TimetableTurn.objects.get().until >= before


def test_a_beat_without_a_database_sends_nothing_and_asks_again(beats, monkeypatch, caplog):
    def away(holder):
        raise DatabaseError("password of user portal is wrong")

    closed = []
    monkeypatch.setattr(timetable.connection, "close", lambda: closed.append(1), raising=False)
    monkeypatch.setattr(timetable, "take_turn", away)
    assert sent_by(beats[0], monkeypatch) == (False, timetable.LOOKS)
    assert closed, "a broken connection is not asked again"
    assert "timetable.database_away" in caplog.text
    assert "password" not in caplog.text
