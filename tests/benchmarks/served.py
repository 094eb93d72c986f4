"""A server beside the benchmark, and one thread that keeps many connections of it busy."""

import os
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from django.conf import settings
from django.db import connections

HOST = "127.0.0.1"
PATIENCE = 60.0
WORKERS, THREADS = 2, 8


@contextmanager
def serving(application: str, **environment: str) -> Iterator[int]:
    """The WSGI application on a free port, on the databases of this process: gunicorn, the same for both sides."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    names = {f"TEST_{alias.upper()}_NAME": str(connections[alias].settings_dict["NAME"]) for alias in connections}
    served = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings", "PORTAL_VAR": str(settings.VAR)}
    options = f"--workers={WORKERS} --threads={THREADS} --worker-class=gthread --keep-alive=75 --log-level=error"
    command = [sys.executable, "-m", "gunicorn", f"--bind={HOST}:{port}", *options.split(), application]
    server = subprocess.Popen(command, env={**os.environ, **names, **served, **environment})
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server of the benchmark did not start.")


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The bytes of one request that keeps its connection."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Answered:
    """What came back: the bodies in no order, and how long each took, sorted."""

    took: float
    bodies: list[bytes] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def late(self) -> float:
        """The 99th percentile, in seconds."""
        return self.waits[len(self.waits) * 99 // 100]


def ask(port: int, requests: Sequence[bytes], *, connections: int) -> Answered:
    """Send the requests over so many connections, each with one under way. Raises RuntimeError for another status than 200."""
    waiting, done = deque(requests), Answered(0.0)
    with selectors.DefaultSelector() as ready:
        begun = time.perf_counter()
        for _number in range(min(connections, len(requests))):
            line = _Line(port)
            ready.register(line.socket, selectors.EVENT_READ, line)
            line.send(waiting.popleft())
        while ready.get_map():
            for key, _events in ready.select():
                line = key.data
                body = line.read()
                if body is None:
                    continue
                done.bodies.append(body)
                done.waits.append(time.perf_counter() - line.sent_at)
                if waiting:
                    line.send(waiting.popleft())
                else:
                    ready.unregister(line.socket)
                    line.socket.close()
        done.took = time.perf_counter() - begun
    done.waits.sort()
    return done


class _Line:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._held = bytearray()

    def send(self, request: bytes) -> None:
        self._held.clear()
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The body once it is whole."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise RuntimeError("The server closed a connection.")
        self._held += piece
        head, found, body = self._held.partition(b"\r\n\r\n")
        if not found:
            return None
        status, *fields = head.decode("latin-1").split("\r\n")
        if f" {HTTPStatus.OK.value} " not in status:
            raise RuntimeError(f"The server answered: {status}")
        length = next(int(line[15:]) for line in fields if line.lower().startswith("content-length:"))
        return bytes(body) if len(body) >= length else None
