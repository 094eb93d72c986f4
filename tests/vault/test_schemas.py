"""A restore on PostgreSQL is whole or not at all, wherever it fails or dies."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Principal
from portal.kernel.vault import backups
from portal.kernel.vault.backups import database_dump, schema_swap
from portal.kernel.vault.models import SubjectKey
from tests.people.factories import PrincipalFactory
from tests.vault.factories import stored
from tests.vault.test_backups import places, taken

__all__ = ["places"]

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.skipif("database_dump.vendor() != 'postgresql'", reason="schemas are PostgreSQL's"),
]


def asked(statement: str, alias: str = "default") -> list[Any]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def left_aside(alias: str = "default") -> list[Any]:
    return asked("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%_by_restore'", alias)


def test_a_dump_that_does_not_load_leaves_every_row_and_nothing_beside(tmp_path: Path) -> None:
    person = PrincipalFactory()
    whole = tmp_path / "whole.dump"
    with whole.open("wb") as target:
        database_dump.dump("default", target)
    for bad in (b"this is no dump", whole.read_bytes()[:-2000]):
        with pytest.raises(Refused, match="nothing was changed"):
            database_dump.load("default", io.BytesIO(bad))
        assert Principal.objects.get() == person
        assert left_aside() == []


def test_owner_and_grants_of_the_schema_are_those_it_had(tmp_path: Path) -> None:
    said = "SELECT nspowner::text || array(SELECT unnest(nspacl)::text ORDER BY 1)::text FROM pg_namespace WHERE nspname = 'public'"
    before = asked(said)
    with (tmp_path / "dump").open("wb") as target:
        database_dump.dump("default", target)
    with (tmp_path / "dump").open("rb") as source:
        database_dump.load("default", source)
    assert asked(said) == before


def test_a_restore_that_died_before_all_was_loaded_is_undone_by_the_next_before_it_asks_anything(places: Any) -> None:
    file = stored()
    key = SubjectKey.objects.get(subject_ref=file.subject_ref)
    one = taken(places)
    later = stored()
    for alias in ("default", "keys"):
        schema_swap.set_aside(connections[alias])
        asked("CREATE TABLE ledger_entry (half integer)", alias)
    back = backups.bring_back(one, places=places, keys_of=None, replace=True)
    assert back.keys == "", "the keys that waited aside are in use: an older key database does not take their place"
    assert SubjectKey.objects.filter(subject_ref__in=[key.subject_ref, later.subject_ref]).count() == 2
    assert left_aside() == left_aside("keys") == []


def test_a_restore_that_died_when_all_was_loaded_stays_and_what_it_replaced_is_cleared_away() -> None:
    person = PrincipalFactory()
    asked(f"CREATE SCHEMA {schema_swap.REPLACED}")
    asked(f"CREATE TABLE {schema_swap.REPLACED}.people_user (old integer)")
    database_dump.put_back_unfinished("default")
    assert left_aside() == []
    assert Principal.objects.get() == person


def test_what_a_dead_restore_left_behind_is_in_no_backup(tmp_path: Path) -> None:
    person = PrincipalFactory()
    asked(f"CREATE SCHEMA {schema_swap.REPLACED}")
    asked(f"CREATE TABLE {schema_swap.REPLACED}.people_user (old integer)")
    with (tmp_path / "dump").open("wb") as target:
        database_dump.dump("default", target)
    with (tmp_path / "dump").open("rb") as source:
        database_dump.load("default", source)
    assert left_aside() == []
    assert Principal.objects.get() == person
