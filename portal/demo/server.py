"""The one process of the embedded stack: pages, tasks and the timetable in threads of their own.

Order of ending: server, timetable, worker, then wait for each, so that a request's work is still done.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import structlog
from celery.beat import Scheduler, Service
from celery.worker import WorkController
from celery.worker import state as worker_state
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

from portal.celery import app

log = structlog.get_logger(__name__)

#: Seconds without any task before the queue counts as empty.
QUIET = 0.5
#: Seconds that a thread is given to end by itself.
PATIENCE = 20.0


class QuietHandler(WSGIRequestHandler):
    """Addresses hold no personal data, but a line per request would bury the lines that matter."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        return None


class Server(ThreadedWSGIServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


class Worker:
    """A Celery worker on threads. ``apps.worker`` is not used: it takes the process's signals."""

    def __init__(self, *, threads: int = 2) -> None:
        self._controller = WorkController(
            app=app,
            pool_cls="threads",
            concurrency=threads,
            queues=",".join(settings.QUEUES),
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self._thread = threading.Thread(target=self._controller.start, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the tasks that run, take no new ones. What was not begun is found by the next start's sweep.

        The thread that listens for tasks is not waited for: it sleeps up to two seconds more and does nothing then.
        """
        self._controller.stop()

    @property
    def is_busy(self) -> bool:
        """Whether a task runs, is reserved or waits in a queue."""
        if worker_state.active_requests or worker_state.reserved_requests:
            return True
        with self._controller.app.connection_for_read() as connection:
            channel = connection.default_channel
            return any(_waiting(channel, queue) for queue in settings.QUEUES)

    def wait_until_quiet(self, *, limit: float) -> bool:
        """True when nothing ran or waited for QUIET seconds; False after ``limit`` seconds."""
        end, quiet_since = time.monotonic() + limit, time.monotonic()
        while time.monotonic() < end:
            if self.is_busy:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since >= QUIET:
                return True
            time.sleep(0.05)
        return False


def _waiting(channel: Any, queue: str) -> int:
    size = getattr(channel, "_size", None)
    return int(size(queue)) if size is not None else 0


class Timetable:
    """Celery beat in a thread."""

    def __init__(self) -> None:
        self._service = Service(app, max_interval=1, scheduler_cls=Scheduler)
        self._thread = threading.Thread(
            target=self._service.start, kwargs={"embedded_process": True}, name="timetable", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._service.stop(wait=False)
        self._thread.join(PATIENCE)


@contextlib.contextmanager
def working(*, timetable: bool = True) -> Iterator[Worker]:
    """A worker, and the timetable unless told otherwise, for as long as the block runs."""
    worker = Worker()
    worker.start()
    beat = Timetable() if timetable else None
    if beat is not None:
        beat.start()
    try:
        yield worker
    finally:
        if beat is not None:
            beat.stop()
        worker.stop()
        connections.close_all()


def nudge() -> None:
    """Send the sweeps that beat would send: they find what an interrupted start left behind."""
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if "sweep" in entry["task"]:
            app.signature(entry["task"]).apply_async()


def serve(port: int, *, host: str = "127.0.0.1") -> None:
    """Serve pages, run tasks and keep the timetable until interrupted. Raises OSError when the port is taken."""
    server = Server((host, port), QuietHandler)
    server.set_app(get_wsgi_application())
    with working():
        nudge()
        try:
            server.serve_forever(poll_interval=0.2)
        finally:
            server.server_close()
