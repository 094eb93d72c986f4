"""What the machine and the broker say of themselves."""

import ctypes
import platform
import sqlite3
import time
import tomllib
from functools import cache
from importlib import metadata
from typing import Any

import celery
import django
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError as BrokerError

#: adjtimex(2): the state of a clock that nobody keeps right.
TIME_ERROR = 5
#: Bytes of ``struct timex``, with room to spare; with ``modes`` 0 it only reads.
TIMEX = 512


def clock_is_kept() -> bool | None:
    """Whether the kernel says that its clock is kept right (NTP); None where it cannot be asked (adjtimex, Linux only)."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def database_clock_apart() -> float | None:
    """By how many seconds the database server's clock and ours differ; None for SQLite, which has none of its own."""
    if connection.vendor != "postgresql":
        return None
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    return max(0.0, before - theirs, theirs - time.time())


def waiting() -> dict[str, int]:
    """How many tasks wait in each queue; none named while the broker cannot be asked."""
    found: dict[str, int] = {}
    try:
        with current_app.connection_for_read() as link:
            link.ensure_connection(max_retries=1, timeout=2)
            channel: Any = link.default_channel
            for queue in settings.QUEUES:
                found[queue] = int(channel._size(queue)) if hasattr(channel, "_size") else 0  # noqa: SLF001 - a passive declaration fails for an empty queue
    except (BrokerError, OSError):
        return {}
    return found


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """What runs here, by name and version; the database's is asked of the connection."""
    server = connection.pg_version if connection.vendor == "postgresql" else None  # type: ignore[attr-defined]
    database = f"PostgreSQL {server // 10000}.{server % 10000}" if server else _sqlite()
    return (
        ("Portal", _release()),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("Celery", celery.__version__),
        ("cryptography", metadata.version("cryptography")),
        ("Database", database),
        ("System", platform.platform(terse=True)),
    )


def _release() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _sqlite() -> str:
    return f"SQLite {sqlite3.sqlite_version}"
