"""One view of the database for as long as a list is read: what others write meanwhile is not in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

ALIAS = "snapshot"


@contextmanager
def snapshot() -> Iterator[str]:
    """The alias of a second connection in a transaction that only reads, always the same state; closed at the end.

    The first connection stays free: progress is written, and a cancellation seen, while the list is read. Inside a
    caller's transaction it is the caller's own view, for another would not see what that has written.
    """
    own = connections[DEFAULT_DB_ALIAS]
    if own.in_atomic_block:
        yield DEFAULT_DB_ALIAS
        return
    reader = own.copy(alias=ALIAS)
    options = reader.settings_dict["OPTIONS"] = {**reader.settings_dict["OPTIONS"]}
    options.pop("pool", None)
    if reader.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"  # IMMEDIATE would keep every writer out
    connections[ALIAS] = reader
    try:
        with transaction.atomic(using=ALIAS):
            if reader.vendor == "postgresql":
                with reader.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield ALIAS
    finally:
        reader.close()
        del connections[ALIAS]
