"""Taking turns: work on the same thing is done by one transaction after another."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import OperationalError, connection
from django.db.models import Model

#: How often ``retried`` does its work. Each time at least one other transaction got through.
TRIES = 5
#: Turns that one transaction of a large work may hold. PostgreSQL keeps all locks of all sessions in one table of
#: ``max_locks_per_transaction`` x ``max_connections`` places (64 x 100 as installed): full, it refuses everybody's.
MOST = 500
#: What PostgreSQL says to the transaction it ended so that others can go on: deadlock, serialization failure.
_ENDED = frozenset({"40P01", "40001"})

P = ParamSpec("P")
R = TypeVar("R")


def take(*names: str) -> None:
    """Wait until nobody else has one of these turns, and keep them until the caller's transaction ends.

    Advisory locks on PostgreSQL; SQLite lets in one writer at a time anyway. The names of one call are taken in one
    order, the same for everybody: two transactions that call once never wait for each other. One that calls again, for
    a turn it has not got yet, may wait for somebody who waits for it; PostgreSQL then ends one of the two. So collect the
    names and call once, at the beginning and before reading what the turn protects; where not all of them can be known
    then, the service's entrance is ``retried``. A name is hashed: it may hold a keyed hash, never an address.
    """
    _lock("SELECT pg_advisory_xact_lock(turn) FROM unnest(%s::bigint[]) AS turn", names)


def share(*names: str) -> None:
    """The same beside others who share the turns: nobody has one alone (``take``) until the caller's transaction ends.

    For whoever rests on what the turn protects and does not change it.
    """
    _lock("SELECT pg_advisory_xact_lock_shared(turn) FROM unnest(%s::bigint[]) AS turn", names)


def _lock(statement: str, names: Iterable[str]) -> None:
    if connection.vendor != "postgresql":
        return
    turns = sorted({int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names})
    with connection.cursor() as cursor:
        cursor.execute(statement, [turns])


def of_login(user_id: int) -> str:
    """The turn of a login's powers: whoever changes its roles, or deactivates it, has it alone, and acts that rest on them share
    it. Acts take it before rows where they can (``access.acting``); whoever has it alone waits for no row of an act, because
    a proposal asks for it when its rows are locked.
    """
    return f"login:{user_id}"


def of_address(keys: Iterable[bytes]) -> set[str]:
    """The names of the turns at an address, by its lookup keys: one for each key that is known.

    While a key is being replaced some processes know only the old one, and a stored row only the one it was written
    under. Whoever knows more of them takes those too, so that everybody at the address has one in common.
    """
    return {f"address:{key.hex()}" for key in keys}


def of_keeping(subject_refs: Iterable[UUID]) -> set[str]:
    """The names of the turns in which it is settled whether data of these subjects is kept or destroyed.

    Whoever places a hold or enters an order takes those of the subjects it names; whoever destroys takes those of everybody
    whose hold would concern the data (``retention_decisions.take_turn``), and only then asks.
    """
    return {f"keeping:{ref}" for ref in subject_refs}


def retried(act: Callable[P, R]) -> Callable[P, R]:
    """For a service that opens its own transaction: do all of it again when the database ended it in favour of another.

    At most ``TRIES`` times; then the error is raised. Inside a transaction of the caller's it is simply done: only the
    whole can be repeated, so its entrance is what has to be retried.
    """

    @wraps(act)
    def doing(*args: P.args, **kwargs: P.kwargs) -> R:
        left = 1 if connection.in_atomic_block else TRIES
        while True:
            left -= 1
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if not left or getattr(error.__cause__, "sqlstate", None) not in _ENDED:
                    raise

    return doing


def retried_with(rows: Sequence[Model], act: Callable[[], R]) -> R:
    """Do ``act`` as ``retried`` does, each time with these rows in memory as they are now.

    What a transaction wrote is undone where the database ends it, and what it did to rows in memory is not: a row that was
    moved (``state_transitions.move``) would have no such move a second time.
    """
    before = [{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in rows]

    @retried
    def acting() -> R:
        for row, values in zip(rows, before, strict=True):
            for name, value in values.items():
                setattr(row, name, value)
        return act()

    return acting()
