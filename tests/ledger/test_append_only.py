"""The database refuses to change what was recorded, in each engine's own form, and after later migrations too."""

import os
import uuid

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models, transaction, utils
from django.db.migrations.operations import AddField
from django.db.migrations.state import ProjectState

from portal.kernel.core import append_only, clock, database_role
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import services
from portal.kernel.ledger.models import Entry
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory

pytestmark = pytest.mark.django_db

POSTGRESQL = connection.vendor == "postgresql"
FROZEN = sorted(model._meta.db_table for model in append_only.append_only_models(connection))
LEDGER = ["audit_auditevent", "ledger_checkpoint", "ledger_entry", "ledger_leaf", "ledger_verification"]

#: What a check of the table asks for beyond a value that fits its field.
TO_FIT = {
    "consent_answerset": {"fiduciary_id": 1},
    "grievances_mailcount": {"in_mailbox": 4},
    "grievances_seenmail": {"outcome": "ignored", "reason": "bounce"},
}


def model_of(table):
    return next(model for model in apps.get_models() if model._meta.db_table == table)


def some_value(field, place):
    """Any value that fits the field; references lead nowhere."""
    if field.null:
        return None
    if field.choices:
        return field.choices[0][0]
    if field.remote_field:
        return place
    kind = field.get_internal_type()
    by_kind = {
        "BooleanField": True,
        "DateTimeField": clock.now(),
        "DateField": clock.now().date(),
        "DecimalField": 1,
        "JSONField": {},
        "UUIDField": uuid.uuid4(),
    }
    if kind in by_kind:
        return by_kind[kind]
    if kind == "BinaryField":
        return b"x"
    return 1 if "Integer" in kind else "x"


def put_a_row_in(table):
    """Row triggers fire for rows only. Referenced rows need not be there: call it without foreign keys."""
    fields = [field for field in model_of(table)._meta.concrete_fields if not isinstance(field, models.AutoField)]
    values = {field.attname: some_value(field, place) for place, field in enumerate(fields, 1)} | TO_FIT.get(table, {})
    model_of(table)(**values).save_base(raw=True, force_insert=True)


@pytest.fixture
def rows():
    """At least one row in every insert-only table of the project."""
    with attacks.without_foreign_keys():
        for table in FROZEN:
            put_a_row_in(table)
        yield
        connection.disable_constraint_checking()  # on again after a change of the schema
        with attacks.unguarded():
            for table in FROZEN:
                attacks.execute(f"DELETE FROM {table}")


def key_of(table):
    return model_of(table)._meta.pk.column


def changes(table):
    """Every statement that would change or remove a row."""
    key = key_of(table)
    yield f"UPDATE {table} SET {key} = {key}"
    yield f"DELETE FROM {table}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        columns = [column[0] for column in cursor.description]
    names = ", ".join(columns)
    copy = f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE true"
    yield f"{copy} ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
    if POSTGRESQL:
        yield f"TRUNCATE {table} CASCADE"
    else:
        yield copy.replace("INSERT", "INSERT OR REPLACE", 1)
        yield f"REPLACE INTO {table} ({names}) SELECT {names} FROM {table}"


def assert_frozen(table):
    for statement in changes(table):
        with (
            pytest.raises(utils.IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_ledgers_tables_are_among_the_frozen_ones():
    assert set(LEDGER) <= set(FROZEN)
    assert append_only.unfrozen(connection) == []


@pytest.mark.parametrize("table", FROZEN)
def test_a_recorded_row_can_be_neither_changed_nor_removed(rows, table):
    assert_frozen(table)


@pytest.mark.django_db(transaction=True)
def test_that_holds_after_a_later_migration_altered_the_tables(rows):
    """SQLite rebuilds a table and drops its triggers without a word; ``migrate`` puts them on again."""
    state, done = ProjectState.from_apps(apps), []
    try:
        for table in FROZEN:
            options = model_of(table)._meta
            operation = AddField(options.model_name, "later", models.CharField(max_length=9, default="x"))
            after = state.clone()
            operation.state_forwards(options.app_label, after)
            with connection.schema_editor() as editor:
                operation.database_forwards(options.app_label, editor, state, after)
            done.append((options.app_label, operation, state, after))
            state = after
        if not POSTGRESQL:
            assert sorted(append_only.unfrozen(connection)) == FROZEN
        call_command("migrate", verbosity=0)
        assert append_only.unfrozen(connection) == []
        for table in FROZEN:
            assert_frozen(table)
    finally:
        for table in FROZEN:
            append_only.thaw(connection, table)
        for label, operation, before, after in reversed(done):
            with connection.schema_editor() as editor:
                operation.database_backwards(label, editor, after, before)
        append_only.freeze(connection)


def test_a_missing_trigger_is_named_by_a_check():
    append_only.thaw(connection, "ledger_entry")
    found = append_only.check_frozen(None, databases=["default"])
    assert [message.id for message in found] == ["core.W010"]
    append_only.freeze(connection)
    assert append_only.check_frozen(None, databases=["default"]) == []


@pytest.fixture
def app_role():
    """The application's role, made and granted in the test's transaction."""
    name = "probe_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} NOLOGIN")
        cursor.execute(f"GRANT {name} TO CURRENT_USER")
    database_role.grant(connection, name)
    return name


only_postgresql = pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no roles")


@only_postgresql
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET kind = 'x'",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry CASCADE",
        "ALTER TABLE ledger_entry DISABLE TRIGGER USER",
        "ALTER TABLE ledger_entry DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON ledger_entry",
        "DROP TABLE ledger_entry CASCADE",
        "DROP FUNCTION refuse_change() CASCADE",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "SET session_replication_role = replica",
        "UPDATE ledger_checkpoint SET size = 1",
        "DELETE FROM audit_auditevent",
        "UPDATE django_migrations SET app = 'x'",
    ],
)
def test_the_application_role_appends_and_can_do_no_more(app_role, sql):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {app_role}")
        entry = EntryFactory()
        services.seal_now(entry=entry)
        with pytest.raises(utils.ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            cursor.execute(sql)
        cursor.execute("RESET ROLE")


@only_postgresql
def test_the_application_role_can_change_no_row_and_take_off_no_trigger_of_any_insert_only_table(app_role):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {app_role}")
        for table in FROZEN:
            for sql in (
                f"UPDATE {table} SET {key_of(table)} = {key_of(table)}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
                f"ALTER TABLE {table} DISABLE TRIGGER USER",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                f"DROP TRIGGER append_only ON {table}",
                f"DROP TRIGGER append_only_all ON {table}",
                f"ALTER TABLE {table} RENAME TO elsewhere",
            ):
                with (
                    pytest.raises(utils.ProgrammingError, match=r"permission denied|must be owner"),
                    transaction.atomic(),
                ):
                    cursor.execute(sql)
        cursor.execute("RESET ROLE")


@only_postgresql
def test_the_application_role_carries_out_a_redaction(app_role):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {app_role}")
        entry = EntryFactory()
        services.seal_now(entry=entry)
        chosen = Entry.objects.filter(pk=entry.pk)
        assert services.redact(chosen, basis="test", requested_at=entry.recorded_at) == 1
        assert services.verify().failures == []
        cursor.execute("RESET ROLE")


@only_postgresql
def test_a_role_that_owns_the_tables_or_is_missing_is_refused():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
    with pytest.raises(Refused, match="owns tables"):
        database_role.grant(connection, owner)
    with pytest.raises(Refused, match="no database role"):
        database_role.grant(connection, "nobody_of_that_name")
    assert [message.id for message in database_role.check_role(None, databases=["default"])] == ["core.W011"]


@only_postgresql
@pytest.mark.django_db(databases=["default", "keys"])
def test_two_settings_of_one_database_are_found_by_asking_its_server(monkeypatch):
    """A pooler has another port: the settings alone look like two."""
    both = ["default", "keys"]
    assert database_role.check_apart(None, databases=both) == []
    monkeypatch.setattr(database_role, "connections", dict.fromkeys(both, connection))
    assert [message.id for message in database_role.check_apart(None, databases=both)] == ["core.E014"]


@only_postgresql
def test_a_replica_session_does_not_walk_past_the_trigger():
    EntryFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(utils.IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM ledger_entry")


@pytest.mark.skipif(POSTGRESQL, reason="the refusal is for SQLite")
def test_roles_are_refused_where_there_are_none():
    with pytest.raises(Refused, match="PostgreSQL only"):
        call_command("grant_app_role", "portal")
    assert database_role.check_role(None, databases=["default"]) == []
