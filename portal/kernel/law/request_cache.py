"""What is looked up again and again within one piece of work: dated records that two people change."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import connection, models
from django.http import HttpRequest, HttpResponseBase

AnyT = TypeVar("AnyT")
_WRITES: Final = ("INSERT", "UPDATE", "DELETE")
#: The tables, quoted, from which remembered records come.
_tables: set[str] = set()


class _Memory:
    """What one block has found, until this thread writes one of its tables."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, date], tuple[float, Any]] = {}
        self._rests = False

    def once(self, place: tuple[str, str, date], look_up: Callable[[], AnyT]) -> AnyT:
        now = time.monotonic()
        if (kept := self._found.get(place)) is not None and now - kept[0] < settings.DECISION_RULES_SECONDS:
            known: AnyT = kept[1]
            return known
        found = look_up()
        if self._may_keep():
            self._found[place] = (now, found)
        return found

    def watch(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        """For ``connection.execute_wrapper``: a statement that changes one of the tables ends what is known."""
        if isinstance(sql, str) and sql.startswith(_WRITES) and any(table in sql for table in _tables):
            self._found.clear()
            self._rests = True
            if connection.in_atomic_block:
                connection.on_commit(self._go_on)
        return execute(sql, *rest)

    def _may_keep(self) -> bool:
        """Not what a transaction reads that has changed such a record: it may yet be rolled back."""
        if self._rests and not connection.in_atomic_block:
            self._go_on()
        return not self._rests

    def _go_on(self) -> None:
        self._rests = False


_memory: ContextVar[_Memory | None] = ContextVar("law_memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block each rule, promise, purpose and other record asked by ``once`` is looked up once.

    A change by this thread is seen at once; one by another process within ``DECISION_RULES_SECONDS``. A block within another
    shares what that one knows.
    """
    if _memory.get() is not None:
        yield
        return
    memory = _Memory()
    token = _memory.set(memory)
    try:
        with connection.execute_wrapper(memory.watch):
            yield
    finally:
        _memory.reset(token)


def once(kind: str, key: str, on: date, look_up: Callable[[], AnyT]) -> AnyT:
    """What ``look_up`` finds, asked once within a block of ``remembering``. What it reads must be ``changes_with``."""
    memory = _memory.get()
    return look_up() if memory is None else memory.once((kind, key, on), look_up)


def changes_with(*kinds: type[models.Model]) -> None:
    """Rows of these kinds are read by what ``once`` keeps: a write to their tables ends it. For ``AppConfig.ready``."""
    _tables.update(f'"{kind._meta.db_table}"' for kind in kinds)


class Remembering:
    """Middleware: within one request each record of the law is looked up once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with remembering():
            return self.get_response(request)
