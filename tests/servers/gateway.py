"""A gateway on this machine: takes messages over HTTP and remembers what a person would have received.

``/keyed`` delivers once per idempotency key, whatever is repeated. ``/plain`` delivers as often as it is asked, as SMTP
does. It answers slowly on purpose, so that a sender can die between asking and hearing.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOWEST = 0.05


class Gateway:
    """What arrived, by the sender's reference for the message."""

    def __init__(self) -> None:
        self.url = ""
        self.received: Counter[str] = Counter()
        self.message_ids: dict[str, set[str]] = {}
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    def take(self, path: str, letter: dict[str, str]) -> None:
        """Deliver, unless the key says that it was delivered before."""
        with self._lock:
            self.message_ids.setdefault(letter["reference"], set()).add(letter["message_id"])
            if path == "/keyed":
                if letter["key"] in self._keys:
                    return
                self._keys.add(letter["key"])
            self.received[letter["reference"]] += 1


@contextmanager
def running() -> Iterator[Gateway]:
    """A gateway on a free port for the length of the block."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(random.uniform(0, SLOWEST))
            gateway.take(self.path, letter)
            time.sleep(random.uniform(0, SLOWEST))
            try:
                self.send_response(204)
                self.end_headers()
            except OSError:
                return  # the sender died while it waited

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
