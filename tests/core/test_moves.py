import pytest
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import translation

from portal.kernel.core.errors import IllegalMove, LostRace
from portal.kernel.core.state_transitions import move, move_all

MOVES = {"open": {"closed"}, "closed": frozenset()}


with isolate_apps("portal.kernel.core"):

    class Door(models.Model):
        """A row with a state, for this test only."""

        state = models.CharField(max_length=10, default="open")
        note = models.CharField(max_length=10, default="")

        class Meta:
            app_label = "core"
            managed = False
            db_table = "test_door"

        def __str__(self):
            return self.state


@pytest.fixture
def door(db):
    with connection.cursor() as cursor:
        key = "serial" if connection.vendor == "postgresql" else "integer"
        cursor.execute(f"CREATE TEMPORARY TABLE test_door (id {key} PRIMARY KEY, state varchar(10), note varchar(10))")
    yield Door.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_door")


def test_who_holds_the_row_need_not_read_it_again(door, django_assert_num_queries):
    with django_assert_num_queries(1):
        move(door, "closed", moves=MOVES, read_again=False, note="done")
    assert (door.state, door.note) == ("closed", "done")
    assert list(Door.objects.values_list("state", "note")) == [("closed", "done")]


def test_a_row_moves_along_its_table_with_its_changes(door):
    move(door, "closed", moves=MOVES, note="done")
    door.refresh_from_db()
    assert (door.state, door.note) == ("closed", "done")


def test_a_move_that_the_table_does_not_know_is_refused(door):
    move(door, "closed", moves=MOVES)
    with pytest.raises(IllegalMove):
        move(door, "open", moves=MOVES)


def test_the_second_of_two_who_move_the_same_row_loses_and_changes_nothing(door):
    stale = Door.objects.get(pk=door.pk)
    move(door, "closed", moves=MOVES, note="first")
    with pytest.raises(LostRace):
        move(stale, "closed", moves=MOVES, note="second")
    assert Door.objects.get(pk=door.pk).note == "first"


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_a_refused_move_and_a_lost_race_are_told_in_the_language_of_the_reader(door, language):
    stale = Door.objects.get(pk=door.pk)
    move(door, "closed", moves=MOVES)
    told = []
    with translation.override(language):
        for row, target in ((door, "open"), (stale, "closed")):
            with pytest.raises((IllegalMove, LostRace)) as refused:
                move(row, target, moves=MOVES)
            told.append(str(refused.value))
    assert all(said.isascii() is (language == "en") for said in told)
    assert len(set(told)) == 2
    assert not any("Door" in said or "->" in said for said in told)


def test_of_many_those_move_that_still_stand_as_they_are_known(door):
    gone, other, odd = (Door.objects.create() for _each in range(3))
    Door.objects.filter(pk=gone.pk).update(state="closed", note="first")
    odd.note = Door.objects.filter(pk=odd.pk).update(note="odd") and "odd"
    moved = move_all([other, gone, door, odd], "closed", moves=MOVES, only_if={"note": ""}, note="done")
    assert moved == [other, door]
    assert [(row.state, row.note) for row in (door, other, odd)] == [("closed", "done")] * 2 + [("open", "odd")]
    kept = list(Door.objects.order_by("pk").values_list("state", "note"))
    assert kept == [("closed", "done"), ("closed", "first"), ("closed", "done"), ("open", "odd")]


def test_a_move_of_many_that_the_table_does_not_know_moves_none(door):
    move(door, "closed", moves=MOVES)
    assert move_all([door], "open", moves=MOVES) == []
    assert move_all([], "open", moves=MOVES) == []


def test_moving_many_takes_two_statements(door, django_assert_num_queries):
    rows = [door, *(Door.objects.create() for _each in range(5))]
    with django_assert_num_queries(2):
        assert move_all(rows, "closed", moves=MOVES) == rows
