"""A template is found again only while everything that a migrated database depends on is the same."""

from pathlib import Path

import pytest
from django.db import connection, models

from portal.kernel.core.models import AppendOnlyModel
from tests import templates


def test_the_name_of_a_template_is_the_same_for_the_same_migrations_and_models() -> None:
    assert templates.key_of("default") == templates.key_of("default") != templates.key_of("keys")


def test_another_migration_means_another_template(monkeypatch: pytest.MonkeyPatch) -> None:
    before = templates.key_of("default")
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda file: read(file) + b" " * (file.parent.name == "migrations"))
    assert templates.key_of("default") != before


def test_another_column_means_another_template(monkeypatch: pytest.MonkeyPatch) -> None:
    before = templates.key_of("default")
    monkeypatch.setattr(models.DateTimeField, "db_type", lambda field, connection: "text")
    assert templates.key_of("default") != before


def test_other_triggers_mean_another_template(monkeypatch: pytest.MonkeyPatch) -> None:
    before = templates.key_of("default")
    monkeypatch.setattr(templates.inspect, "getsource", lambda module: "another text")
    assert templates.key_of("default") != before


@pytest.mark.django_db
def test_a_copied_database_refuses_changes_of_insert_only_rows_like_a_migrated_one() -> None:
    table = next(m for m in AppendOnlyModel.__subclasses__() if not m._meta.abstract)._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        else:
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table])
        assert cursor.fetchone()[0] > 0


def test_old_templates_are_removed_and_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("templates of a server are databases there")
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    for number in range(templates.KEPT + 2):
        (tmp_path / f"default-{number}.sqlite3").touch()
        templates.os.utime(tmp_path / f"default-{number}.sqlite3", (number, number))
    templates._remove_old({"default": "x"})
    assert {file.name for file in tmp_path.iterdir()} == {f"default-{n}.sqlite3" for n in range(2, templates.KEPT + 2)}
