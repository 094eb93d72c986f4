import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from portal.kernel.core.tables import CreateTogether


def house():
    """Two tables, the second of which points at the first."""
    number = ("id", models.BigAutoField(primary_key=True))
    yield CreateModel("House", [number])
    yield CreateModel("Room", [number, ("house", models.ForeignKey("core.House", models.CASCADE))])


def tables():
    with connection.cursor() as cursor:
        return {name for name in connection.introspection.table_names(cursor) if name in {"core_house", "core_room"}}


def test_tables_that_come_together_are_those_that_come_one_after_another():
    together, one_by_one = ProjectState(), ProjectState()
    CreateTogether(*house()).state_forwards("core", together)
    for table in house():
        table.state_forwards("core", one_by_one)
    assert together == one_by_one
    assert together.apps.get_model("core", "house").room_set.rel.related_model._meta.object_name == "Room"


def test_classes_that_were_built_before_are_built_anew_once_and_not_for_each_table(monkeypatch):
    state = ProjectState()
    assert not list(state.apps.get_models())
    reloads = []
    monkeypatch.setattr(ProjectState, "reload_model", lambda *model: reloads.append(model))
    CreateTogether(*house()).state_forwards("core", state)
    assert {model._meta.object_name for model in state.apps.get_models()} == {"House", "Room"}
    assert not reloads


@pytest.mark.django_db(transaction=True)
def test_a_step_makes_its_tables_and_takes_them_back():
    before, after, step = ProjectState(), ProjectState(), CreateTogether(*house())
    step.state_forwards("core", after)
    with connection.schema_editor() as editor:
        step.database_forwards("core", editor, before, after)
    assert tables() == {"core_house", "core_room"}
    with connection.schema_editor() as editor:
        step.database_backwards("core", editor, after, before)
    assert tables() == set()


def test_a_migration_can_be_written_with_it():
    step = CreateTogether(*house())
    name, arguments, named = step.deconstruct()
    assert (name, [table.name for table in arguments], named) == ("CreateTogether", ["House", "Room"], {})
    assert step.describe() == "Create models House, Room"
    assert step.references_model("room", "core")
