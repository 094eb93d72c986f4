"""The lookups ``among`` and ``one_of``: ``in`` for many values, and for a few that are codes of ours.

``among`` is for sets of many hundreds of hashes, references or keys.

``in`` makes a mark, and on PostgreSQL a literal, for each value, which costs more than to look for it; here PostgreSQL
gets one array. Above some 2,000 values its planner may read the whole table: the caller asks set by set.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

_CODE = re.compile(r"[a-z_]+")


@models.BigIntegerField.register_lookup
@models.CharField.register_lookup
@models.BinaryField.register_lookup
@models.UUIDField.register_lookup
class Among(models.Lookup):
    """``filter(address_key__among=frozenset(keys))``: the values as Python has them, in a frozenset."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """A mark for each value."""
        left, parameters = self.process_lhs(compiler, connection)
        prepare = self.lhs.output_field.get_db_prep_value
        is_text = isinstance(self.lhs.output_field, models.CharField)
        values = list(self.rhs) if is_text else [prepare(value, connection) for value in self.rhs]
        return f"{left} IN ({', '.join(['%s'] * len(values))})", (*parameters, *values)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """One array, written as text here: psycopg escapes each element by itself, which took longer than the look-up."""
        left, parameters = self.process_lhs(compiler, connection)
        if isinstance(self.lhs.output_field, models.CharField):
            return f"{left} = ANY(%s)", (*parameters, list(self.rhs))  # texts are escaped by the driver
        kind = self.lhs.output_field.db_type(connection)
        return f"{left} = ANY(%s::{kind}[])", (*parameters, _array(self.rhs))


@models.CharField.register_lookup
class OneOf(models.Lookup):
    """``filter(state__one_of=OPEN_STATES)``: codes of ours, written into the statement itself.

    SQLite uses a partial index only where the statement shows that its condition holds; a value that is bound to it shows
    nothing. Raises ValueError for what is no code: nothing that somebody typed is ever written into a statement.
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """The codes in their order, as Django writes them into the condition of an index."""
        codes = sorted(str(value) for value in self.rhs)
        if not codes or not all(_CODE.fullmatch(code) for code in codes):
            raise ValueError("Only codes of ours are written into a statement.")
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} IN ({', '.join(repr(code) for code in codes)})", tuple(parameters)


def _array(values: Iterable[Any]) -> str:
    """The text of an array of PostgreSQL; bytes in hexadecimal, whose backslash is doubled there."""
    return (
        "{" + ",".join([f'"\\\\x{value.hex()}"' if isinstance(value, bytes) else str(value) for value in values]) + "}"
    )
