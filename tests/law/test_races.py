"""Two at once: one start that both put right."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from portal.kernel.core.errors import PortalError
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_corrections, deadlines
from tests.law.test_correcting import NOW, OWNER, RECEIVED

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"),
]


@pytest.mark.parametrize("earlier_work", [False, True])
def test_of_two_who_correct_one_start_at_once_the_later_one_reads_that_it_changed(
    rules, actor, monkeypatch, earlier_work
) -> None:
    """Both look at the clocks before one of them has ended any; work that is past is not counted anew in their place."""
    given = {"owner": OWNER, "subject_ref": uuid4(), "rule_keys": None, "kind": "answer", "zone": "Asia/Kolkata"}
    if earlier_work:
        deadlines.start(**given, started_at=RECEIVED - timedelta(days=9), regimes=["IN"], actor=actor)
        deadlines.stop(owner=OWNER, at=RECEIVED - timedelta(days=8), actor=actor)
    deadlines.start(**given, started_at=RECEIVED, regimes=["IN"], actor=actor)
    has_read, may_commit = threading.Event(), threading.Event()
    end = deadline_corrections._end

    def end_slowly(clock: Clock, **rest: object) -> None:
        end(clock, **rest)
        has_read.set()
        may_commit.wait(timeout=1)  # the other one waits for the rows meanwhile

    monkeypatch.setattr(deadline_corrections, "_end", end_slowly)

    def correct(hours: int) -> object:
        try:
            return deadline_corrections.correct_start(
                owner=OWNER,
                kind="answer",
                started_at=RECEIVED - timedelta(hours=hours),
                reason_code="earlier",
                actor=actor,
                now=NOW,
            )
        except PortalError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        first = pool.submit(correct, 3)
        has_read.wait(timeout=10)
        second = pool.submit(correct, 5)
        assert {clock.started_at for clock in first.result()} == {RECEIVED - timedelta(hours=3)}
        assert getattr(second.result(), "code", None) == "LOST_RACE"
    counting = Clock.objects.exclude(ended="corrected").exclude(ended="done")
    assert {clock.started_at for clock in counting} == {RECEIVED - timedelta(hours=3)}
