"""Sessions of PostgreSQL that a thread of a live server left open: nothing can be done to a database that somebody uses."""

from django.db.backends.base.base import BaseDatabaseWrapper


def end(connection: BaseDatabaseWrapper) -> None:
    """End every session of this database but our own; on another database there are none. Outside of transactions.

    Our own is begun anew: beside a browser's event loop one thread has two connections, and one may have ended the other.
    """
    if connection.vendor != "postgresql":
        return
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
