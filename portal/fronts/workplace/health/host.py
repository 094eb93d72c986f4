"""What the machine and the broker say of themselves."""

import platform
import sqlite3
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
