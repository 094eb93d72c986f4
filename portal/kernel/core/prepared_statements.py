"""Statements that are asked before each message: prepared once on each connection, past the cursors of Django and psycopg.

A cursor of psycopg costs as much as the statement itself. Outside a transaction ``libpq`` is asked directly through
``psycopg.pq``, its public wrapper. psycopg drops all prepared statements of a session after a rollback: there the question
is simply put again. Inside a transaction an error would end it, so a cursor asks. On SQLite the driver keeps statements.
"""

import itertools
from collections.abc import Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import errors, pq

_numbers = itertools.count()
_prepared: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()
_GONE: Final = "26000"  # invalid_sql_statement_name
_Values = Sequence[bytes | str | int]


def one_row(sql: str, values: _Values) -> tuple[Any, ...] | None:
    """The first row, or None. Reads only; the marks in ``sql`` are ``?1``, ``?2``, each a place among ``values``.

    A value of the row may come as text (as PostgreSQL writes it) or as the driver gives it. Raises psycopg.Error.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    found: tuple[Any, ...] | None
    if database.vendor != "postgresql":
        found = database.connection.execute(sql, values).fetchone()
        return found
    connection = database.connection
    if connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
        return _ask(connection, sql, values)
    with psycopg.RawCursor(connection) as cursor:
        found = cursor.execute(_numbered(sql), values, prepare=True).fetchone()
        return found


def _ask(connection: Any, sql: str, values: _Values) -> tuple[str | None, ...] | None:
    server = connection.pgconn
    given = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    kinds = [pq.Format.BINARY if isinstance(value, bytes) else pq.Format.TEXT for value in values]
    result = server.exec_prepared(_name(connection, sql), given, kinds, pq.Format.TEXT)
    if result.status != pq.ExecStatus.TUPLES_OK:
        error = errors.error_from_result(result)
        if error.sqlstate != _GONE:
            raise error
        _prepared.pop(connection, None)
        result = server.exec_prepared(_name(connection, sql), given, kinds, pq.Format.TEXT)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise errors.error_from_result(result)
    if not result.ntuples:
        return None
    row = (result.get_value(0, column) for column in range(result.nfields))
    return tuple(None if value is None else value.decode() for value in row)


def _name(connection: Any, sql: str) -> bytes:
    """The statement's name on this connection, prepared at the first question."""
    names = _prepared.get(connection)
    if names is None:
        names = _prepared[connection] = {}
    name = names.get(sql)
    if name is None:
        name = f"portal_{next(_numbers)}".encode()
        result = connection.pgconn.prepare(name, _numbered(sql).encode())
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result)
        names[sql] = name
    return name


def _numbered(sql: str) -> str:
    """With the marks of PostgreSQL."""
    return sql.replace("?", "$")
