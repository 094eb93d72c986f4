"""What is kept on the disk while the database is away: sealed, flushed, in order, taken up once."""

import stat
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core import clock, spool
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.spool import CannotKeep, Spool

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def kept(settings, tmp_path, monkeypatch):
    settings.VAR = tmp_path
    monkeypatch.setattr(spool, "_answers", lambda: False)
    return Spool("stops")


def files(of):
    return [path for path in of.folder.rglob("*") if path.is_file()]


def test_an_entry_is_readable_by_nobody_else_and_says_nothing_on_the_disk(kept):
    kept.keep({"address": "+919876543210"}, source="link", at=AT)
    (file,) = files(kept)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert b"9876543210" not in file.read_bytes()
    assert "9876543210" not in file.name


def test_entries_are_taken_up_in_the_order_and_with_the_time_in_which_they_came(kept):
    for seconds in (3, 1, 2):
        kept.keep({"n": seconds}, source=str(seconds), at=AT + timedelta(seconds=seconds))
    taken = []
    played = kept.play(lambda entry, at: taken.append((entry["n"], at)))
    assert taken == [(n, AT + timedelta(seconds=n)) for n in (1, 2, 3)]
    assert (played.taken, played.waiting, kept.waiting()) == (3, 0, 0)
    assert kept.oldest() is None


def test_while_the_database_is_away_everything_waits_and_nothing_is_lost(kept):
    for n in range(3):
        kept.keep({"n": n}, source=str(n), at=AT + timedelta(seconds=n))
    taken = []

    def take(entry, at):
        if entry["n"] == 1:
            raise OperationalError("gone")
        taken.append(entry["n"])

    assert kept.play(take).waiting == 2
    assert taken == [0]
    assert kept.oldest() == AT + timedelta(seconds=1)
    kept.play(lambda entry, at: taken.append(entry["n"]))
    assert taken == [0, 1, 2]


def test_what_cannot_be_carried_out_is_set_aside_and_holds_up_nothing(kept, caplog):
    for n in range(3):
        kept.keep({"n": n, "who": "Asha"}, source=str(n), at=AT + timedelta(seconds=n))
    taken = []

    def take(entry, at):
        if entry["n"] == 0:
            raise Refused("Message not found.")
        if entry["n"] == 1:
            raise ValueError("row of Asha")
        taken.append(entry["n"])

    played = kept.play(take)
    assert (taken, played.refused, played.waiting, kept.refused()) == ([2], 1, 1, 1)
    assert "Asha" not in caplog.text


def test_what_was_set_aside_can_wait_again_at_its_time_and_ends_after_its_time(kept):
    def refuse(entry, at):
        raise Refused("Not now.")

    for n in range(2):
        kept.keep({"n": n}, source=str(n), at=AT + timedelta(days=n))
    kept.play(refuse)
    assert (kept.waiting(), kept.refused(), kept.first_refused()) == (0, 2, AT)
    assert kept.end_refused(before=AT + timedelta(hours=1)) == 1
    assert (kept.put_back(), kept.refused(), kept.oldest()) == (1, 0, AT + timedelta(days=1))
    taken = []
    kept.play(lambda entry, at: taken.append((entry["n"], at)))
    assert taken == [(1, AT + timedelta(days=1))]
    assert (kept.put_back(), kept.end_refused(before=clock.now()), kept.first_refused()) == (0, 0, None)


def test_an_entry_that_always_fails_holds_up_nothing_while_the_database_answers(kept, monkeypatch):
    for n in range(2):
        kept.keep({"n": n}, source=str(n), at=AT + timedelta(seconds=n))
    monkeypatch.setattr(spool, "_answers", lambda: True)
    taken = []

    def take(entry, at):
        if entry["n"] == 0:
            raise OperationalError("statement timeout")
        taken.append(entry["n"])

    assert (kept.play(take).waiting, taken) == (1, [1])


def test_what_is_not_there_waits_for_some_days_before_it_is_set_aside(kept):
    def missing(entry, at):
        raise NotFound("not back yet")

    kept.keep({"n": 1}, source="1", at=AT)
    with time_machine.travel(AT + spool.PATIENCE - timedelta(minutes=1), tick=False):
        assert (kept.play(missing).waiting, kept.refused()) == (1, 0)
    with time_machine.travel(AT + spool.PATIENCE + timedelta(minutes=1), tick=False):
        assert (kept.play(missing).waiting, kept.refused()) == (0, 1)


def test_a_folder_of_another_user_is_no_error_of_a_page(kept, monkeypatch):
    monkeypatch.setattr(spool.Path, "iterdir", lambda self: (_ for _ in ()).throw(PermissionError()))
    assert (kept.waiting(), kept.oldest()) == (0, None)


def test_a_file_that_somebody_changed_or_moved_is_set_aside(kept):
    kept.keep({"n": 1}, source="1", at=AT)
    kept.keep({"n": 2}, source="2", at=AT + timedelta(seconds=1))
    first, second = sorted(files(kept))
    second.write_bytes(first.read_bytes())
    taken = []
    assert kept.play(lambda entry, at: taken.append(entry["n"])).refused == 1
    assert taken == [1]


def test_the_same_entry_waits_once_within_the_time_that_its_kind_names_and_no_link_fills_the_disk(kept):
    stops = Spool("stops", same_within=timedelta(seconds=3))
    for second in (0, 1, 3):
        stops.keep({"act": "these"}, source="link", at=AT + timedelta(seconds=second))
    assert (kept.waiting(), kept.oldest()) == (1, AT)
    # After a consent in between the same stop is another one; a kind that names no time keeps each.
    stops.keep({"act": "these"}, source="link", at=AT + timedelta(seconds=4))
    kept.keep({"act": "these"}, source="link", at=AT + timedelta(seconds=5))
    assert kept.waiting() == 3
    for n in range(spool.MOST_OF_A_SOURCE - 3):
        kept.keep({"typed": n}, source="link", at=AT)
    with pytest.raises(CannotKeep):
        kept.keep({"typed": "more"}, source="link", at=AT)
    kept.keep({"act": "these"}, source="another link", at=AT)


@pytest.mark.parametrize("broken", ["fsync", "open"])
def test_nobody_is_told_taken_where_the_disk_could_not_be_reached_and_nothing_stays(kept, monkeypatch, broken):
    def full(*given, **more):
        raise OSError(28, "No space left on device")

    kept.folder.mkdir(parents=True)
    monkeypatch.setattr(spool.os, broken, full)
    with pytest.raises(CannotKeep):
        kept.keep({"n": 1}, source="1", at=AT)
    monkeypatch.undo()
    assert files(kept) == []


def test_two_processes_do_not_take_up_the_same_entry(kept):
    kept.keep({"n": 1}, source="1", at=AT)
    inner = []

    def take(entry, at):
        inner.append(kept.play(lambda *given: inner.append("twice")).taken)

    assert kept.play(take).taken == 1
    assert inner == [0]


@given(st.lists(st.sampled_from(["taken", "away", "refused", "crash"]), min_size=1, max_size=12))
def test_an_entry_ends_only_by_being_taken_or_set_aside(tmp_path_factory, outcomes):
    from django.test import override_settings

    with override_settings(VAR=tmp_path_factory.mktemp("spool")), patch.object(spool, "_answers", lambda: False):
        own = Spool("stops")
        for n, outcome in enumerate(outcomes):
            own.keep({"n": n, "outcome": outcome}, source=str(n), at=AT + timedelta(seconds=n))
        done = []

        def take(entry, at):
            if entry["outcome"] == "away":
                raise OperationalError
            if entry["outcome"] == "refused":
                raise Refused("no")
            if entry["outcome"] == "crash":
                raise ValueError
            done.append(entry["n"])

        played = own.play(take)
        assert played.taken + own.refused() + own.waiting() == len(outcomes)
        until = outcomes.index("away") if "away" in outcomes else len(outcomes)
        assert done == [n for n, outcome in enumerate(outcomes[:until]) if outcome == "taken"]
