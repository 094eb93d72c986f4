"""Taking turns: work on the same thing is done by one transaction after another."""

import hashlib

from django.db import connection


def take(*names: str) -> None:
    """Wait until nobody else has one of these turns, and keep them until the caller's transaction ends.

    An advisory lock on PostgreSQL, taken in one order by everybody; SQLite lets in one writer at a time anyway. A name is
    hashed: it may hold a keyed hash, never an address.
    """
    if connection.vendor != "postgresql":
        return
    turns = sorted({int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names})
    with connection.cursor() as cursor:
        for turn in turns:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [turn])
