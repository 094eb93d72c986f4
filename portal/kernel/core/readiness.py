"""Is this node fit for work, and is the installation? For ``/readyz`` and the system page: names, codes and counts only."""

from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections

from portal.kernel.core import append_only, database_clock, ports

Part = tuple[str, bool, str]


def of_this_node() -> list[Part]:
    """What keeps requests from this node: its databases, the guards of their tables, and its clock.

    Not what no node can mend: a late sealer, letters that wait or a broker that is away would take every node out of
    service at once, and with them the pages that need none of it. Those are for alerts (``parts``).
    """
    return [*_databases(), *_clock()]


def parts() -> list[Part]:
    """Each part as (name, ok, detail): databases, broker, and what rooms have registered (``ports.readiness``).

    One that cannot be asked is not ready, under its own name, and hides no other.
    """
    states = [*of_this_node(), _broker()]
    for name, part in ports.readiness:
        try:
            states.append(part())
        except Exception as error:  # noqa: BLE001 - whatever broke, the others are asked; by type only, for it may quote a row
            states.append((name, False, type(error).__name__))
    return states


def _databases() -> Iterator[Part]:
    for alias in settings.DATABASES:
        try:
            loose = append_only.unfrozen(connections[alias])
            yield f"database.{alias}", True, "answers"
            yield f"frozen.{alias}", not loose, f"{len(loose)} tables can be changed"
        except DatabaseError as error:
            yield f"database.{alias}", False, type(error).__name__


def _clock() -> Iterator[Part]:
    try:
        apart = database_clock.apart()
    except DatabaseError:  # the part of the database says it
        return
    seconds = abs(apart.total_seconds())
    yield "clock", abs(apart) <= database_clock.MOST_APART, f"{seconds:.0f} s apart"


def _broker() -> Part:
    if not settings.REDIS_URL:
        return ("broker", True, "in-process")
    try:
        cache.set("readyz", 1, 5)
    except Exception as error:  # noqa: BLE001 - any fault of the client means "not ready", by type only
        return ("broker", False, type(error).__name__)
    return ("broker", True, "answers")
