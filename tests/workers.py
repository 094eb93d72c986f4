"""Real workers for journeys: processes on Redis, the embedded thread without it. Use the fixture ``workers``."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connections

from portal.celery import app
from portal.demo import server

ROOT = Path(__file__).resolve().parent.parent
START = 30.0


def environment() -> dict[str, str]:
    """The environment of a process that works on the databases of the running test."""
    names = {
        f"TEST_{alias.upper()}_NAME": str(connections[alias].settings_dict["NAME"]) for alias in settings.DATABASES
    }
    return {
        **os.environ,
        **names,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_VAR": str(settings.VAR),
        # Each test's ledger has an anchor of its own.
        "LEDGER_ANCHOR": str(settings.LEDGER_ANCHOR),
    }


def spawn(*, queues: str = "", concurrency: int = 2) -> subprocess.Popen[bytes]:
    """One ``celery worker`` process; it is ready when it answers a ping."""
    name = f"test-{os.getpid()}-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "-Q", queues or ",".join(settings.QUEUES)]
    command += ["-c", str(concurrency), "-n", f"{name}@%h", "-l", "ERROR", "--without-gossip", "--without-mingle"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment())
    end = time.monotonic() + START
    while time.monotonic() < end:
        if any(name in key for answer in app.control.ping(timeout=0.3) for key in answer):
            return process
        if process.poll() is not None:
            break
    process.kill()
    raise AssertionError("the worker process did not start")


@contextlib.contextmanager
def running() -> Iterator[None]:
    """Workers for the length of the block; ended before the tables are emptied, so that nothing holds a lock."""
    if not settings.REDIS_URL:
        with server.working(timetable=False):
            yield
        return
    process = spawn()
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        app.control.purge()
