"""Counting goes on with the cache away: by each process alone, and the log says so once."""

import pytest
from django.core.cache import cache
from structlog.testing import capture_logs

from portal.kernel.core import shared_counters
from portal.kernel.core.shared_counters import counted
from tests.caching import AWAY


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    cache.clear()
    shared_counters._own.clear()
    monkeypatch.setattr(shared_counters, "_away_until", None)
    monkeypatch.setattr(shared_counters, "LEFT_ALONE_SECONDS", 0.0)


def test_what_is_counted_stands_in_the_cache_for_every_process():
    assert [counted("tries", seconds=60) for _ in range(2)] == [1, 2]
    assert counted("tries", 10, seconds=60) == 12
    assert cache.get("tries") == 12


def test_a_counter_that_ran_out_between_two_lines_begins_again(monkeypatch):
    counted("tries", seconds=60)

    def gone(*_args):
        cache.delete("tries")
        raise ValueError

    monkeypatch.setattr(type(cache._connections["default"]), "incr", gone)
    assert counted("tries", seconds=60) == 1
    assert cache.get("tries") == 1


def test_with_the_cache_away_the_process_counts_alone_and_says_so_once(settings):
    with capture_logs() as logs:
        counted("tries", seconds=60)
        settings.CACHES = AWAY
        assert [counted("tries", seconds=60) for _ in range(3)] == [1, 2, 3]
    assert [(line["event"], line["log_level"]) for line in logs] == [("counting.alone", "warning")]


def test_once_the_cache_answers_again_it_counts_and_the_log_says_so(settings):
    working = settings.CACHES
    with capture_logs() as logs:
        settings.CACHES = AWAY
        counted("tries", seconds=60)
        settings.CACHES = working
        assert counted("tries", seconds=60) == 1
    assert [line["event"] for line in logs] == ["counting.alone", "counting.together"]


def test_a_cache_that_did_not_answer_is_left_alone_for_a_while(settings, monkeypatch):
    monkeypatch.setattr(shared_counters, "LEFT_ALONE_SECONDS", 60.0)
    working = settings.CACHES
    settings.CACHES = AWAY
    counted("tries", seconds=60)
    settings.CACHES = working
    assert counted("tries", seconds=60) == 2
    assert cache.get("tries") is None


def test_another_fault_than_an_unreachable_cache_is_not_hidden(monkeypatch):
    def broken(*_args):
        raise TypeError

    monkeypatch.setattr(type(cache._connections["default"]), "add", broken)
    with pytest.raises(TypeError):
        counted("tries", seconds=60)
