"""Several beats on one database, which stop and come back: never two of them have the turn at one instant."""

import itertools
import random
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.db.models.functions import Now

from portal.fronts.workplace import timetable
from portal.fronts.workplace.models import TimetableTurn
from tests.campaigns.counts import conclude
from tests.campaigns.racing import together

pytestmark = pytest.mark.django_db(transaction=True)
#: Of a turn that lasts as long as a few looks.
TURN, RENEWED, LOOKS = timedelta(milliseconds=200), timedelta(milliseconds=120), 0.02


@pytest.mark.parametrize("looks", [15, pytest.param(300, marks=pytest.mark.full)])
def test_of_three_beats_one_at_a_time_sends(looks, monkeypatch):
    monkeypatch.setattr(timetable, "TURN", TURN)
    monkeypatch.setattr(timetable, "RENEWED", RENEWED)
    turns = []
    lock = threading.Lock()

    def beat():
        holder, had = uuid4(), 0
        for _look in range(looks):
            if timetable.take_turn(holder):
                row = TimetableTurn.objects.annotate(at=Now()).get(pk=1)
                if row.holder == holder and row.until > row.at:
                    with lock:
                        turns.append((row.at, row.until, holder))
                    had += 1
            # Some are frozen for longer than a turn: another takes over meanwhile.
            time.sleep(random.choice((LOOKS, LOOKS, LOOKS, 2 * TURN.total_seconds())))
        return had

    ended = together(beat, beat, beat)
    had = sum(one.value for one in ended)
    turns.sort()
    pairs = itertools.pairwise(turns)
    lost = [later for (_at, until, one), (later, _until, other) in pairs if one != other and later < until]
    assert len({holder for _at, _until, holder in turns}) > 1
    conclude("Three beats", attempts=3 * looks, refused=3 * looks - had, acknowledged=had, lost=lost)
    connections.close_all()
