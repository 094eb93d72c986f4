"""Tasks are sent by name, after the commit, so that no task runs for a write that was rolled back."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)
_LEFT_OUT: Final[ContextVar[frozenset[str]]] = ContextVar("left_out", default=frozenset())


@contextlib.contextmanager
def leaving_out(*task_names: str) -> Iterator[None]:
    """In the block these tasks are not sent: it does their work itself, and the sweep finds what it leaves."""
    token = _LEFT_OUT.set(_LEFT_OUT.get() | frozenset(task_names))
    try:
        yield
    finally:
        _LEFT_OUT.reset(token)


def enqueue(task_name: str, *args: int | str) -> None:
    """Send a task after the commit of the current transaction (at once outside one).

    The queue only nudges: every important piece of work is a row first and a beat sweep finds what is left. An
    unreachable broker is therefore logged and does not undo what was committed.
    """
    if task_name in _LEFT_OUT.get():
        return

    def send() -> None:
        try:
            current_app.signature(task_name, args=args).apply_async()
        except (OperationalError, OSError) as error:
            log.warning("queue.unreachable", task=task_name, error=type(error).__name__)

    transaction.on_commit(send)
