"""Turns are taken in one order; who cannot know them all beforehand is heard again when the database chose another."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction

from portal.kernel.core import advisory_locks


class Ended(Exception):
    """What the driver raises."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def ending(times: int, *, sqlstate: str = "40P01") -> tuple[Callable[[str], str], list[str]]:
    """Work that the database ends the first ``times`` times, and what it was asked for."""
    asked: list[str] = []

    @advisory_locks.retried
    def work(word: str) -> str:
        asked.append(word)
        if len(asked) <= times:
            raise OperationalError from Ended(sqlstate)
        return word.upper()

    return work, asked


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_work_that_was_ended_for_another_is_done_again(sqlstate: str) -> None:
    work, asked = ending(advisory_locks.TRIES - 1, sqlstate=sqlstate)
    assert work("yes") == "YES"
    assert asked == ["yes"] * advisory_locks.TRIES


@pytest.mark.django_db(transaction=True)
def test_work_is_not_done_again_for_ever() -> None:
    work, asked = ending(advisory_locks.TRIES)
    with pytest.raises(OperationalError):
        work("yes")
    assert len(asked) == advisory_locks.TRIES


@pytest.mark.django_db(transaction=True)
def test_another_error_of_the_database_is_no_reason_to_try_again() -> None:
    work, asked = ending(1, sqlstate="57014")
    with pytest.raises(OperationalError):
        work("yes")
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_part_of_a_transaction_is_not_repeated_alone() -> None:
    work, asked = ending(1)
    with pytest.raises(OperationalError), transaction.atomic():
        work("yes")
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_in_memory_is_as_it_was_when_work_is_done_again() -> None:
    group = Group(name="before")
    seen = []

    def change() -> str:
        seen.append(group.name)
        group.name = "after"
        if len(seen) == 1:
            raise OperationalError from Ended("40P01")
        return group.name

    assert advisory_locks.retried_with([group], change) == "after"
    assert seen == ["before", "before"]


@pytest.mark.django_db(transaction=True)
def test_two_that_wait_for_each_other_both_get_through() -> None:
    both_have_one = threading.Barrier(2)

    @advisory_locks.retried
    def take_both(first: str, second: str) -> str:
        with transaction.atomic():
            advisory_locks.take(first)
            with suppress(threading.BrokenBarrierError):
                both_have_one.wait(timeout=0.5)
            advisory_locks.take(second)
        return second

    def closing(first: str, second: str) -> str:
        try:
            return take_both(first, second)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        done = [pool.submit(closing, "one", "two"), pool.submit(closing, "two", "one")]
        assert [each.result() for each in done] == ["two", "one"]


def test_whoever_knows_fewer_lookup_keys_of_an_address_shares_a_turn_with_whoever_knows_more() -> None:
    assert advisory_locks.of_address([b"old"]) & advisory_locks.of_address([b"new", b"old"])
    assert not advisory_locks.of_address([b"old"]) & advisory_locks.of_address([b"other"])
