"""What somebody with every right on the database can do: rows changed with the triggers out of the way."""

from contextlib import contextmanager

from django.db import connection

from portal.kernel.core import append_only
from portal.kernel.ledger import notes, services, tree


@contextmanager
def unguarded():
    """The owner of the tables takes the triggers of all of them away, and puts them back after."""
    connection.check_constraints()  # PostgreSQL alters no table with foreign keys left to check
    for table in append_only._present_tables(connection):
        append_only.thaw(connection, table)
    try:
        yield
    finally:
        connection.check_constraints()
        append_only.freeze(connection)


@contextmanager
def without_foreign_keys():
    """The attacker is not held by foreign keys: session-wide on PostgreSQL, deferred until the test's end on SQLite."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")
        else:
            connection.check_constraints = lambda *args, **kwargs: None
            cursor.execute("PRAGMA foreign_keys = OFF")  # outside a transaction
            cursor.execute("PRAGMA defer_foreign_keys = ON")  # inside one
            yield
            cursor.execute("PRAGMA foreign_keys = ON")
            del connection.check_constraints


def execute(sql, *params):
    """One statement of the attacker, who is not held by foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def stored_leaves():
    rows = execute("SELECT e.leaf_hash FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.idx")
    return [bytes(row[0]) for row in rows]


def rebuild_tree():
    """Recompute head and tiles over whatever rows there are now."""
    frontier = tree.Frontier()
    frontier.extend(stored_leaves())
    execute("DELETE FROM ledger_tile")
    for (level, n), tile in frontier.take_tiles().items():
        execute(
            "INSERT INTO ledger_tile (level, n, w, hashes) VALUES (%s, %s, %s, %s)", level, n, len(tile) // 32, tile
        )
    execute("UPDATE ledger_head SET size = %s, root = %s", frontier.size, frontier.root())
    return frontier


def sign_as_the_log(size, root, signer=None):
    """A checkpoint row signed with the stolen key, or with another."""
    name = services.signer().name
    note = notes.sign_note(notes.TreeHead(name, size, root).text, [signer or services.signer()])
    execute(
        "INSERT INTO ledger_checkpoint (size, root, note, signed_at) VALUES (%s, %s, %s, %s)",
        size,
        root,
        note,
        _now(),
    )
    return note


def _now():
    from portal.kernel.core import clock

    now = clock.now()
    return now if connection.vendor == "postgresql" else now.replace(tzinfo=None)
