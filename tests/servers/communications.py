"""A communications API on this machine, with the manners of a real one: slow, down, full, answering twice, reporting in any order.

``POST /messages`` asks for the bearer key and delivers once per idempotency key. What it does with the next messages
stands in ``turns``; with none left it accepts. Its reports wait in ``reports`` until ``tell`` sends them.
"""

import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from portal.kernel.core import webhook_signatures

KEY = "key-of-the-test"
SECRET = webhook_signatures.new_secret()


@dataclass
class Turn:
    """What happens with one request. ``takes`` with a bad status: taken, and the answer went wrong."""

    status: int = 202
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    takes: bool | None = None
    hangs_up: bool = False
    body: bytes | None = None


class Communications:
    """What arrived by whose reference, and what is still to be reported of it."""

    def __init__(self) -> None:
        self.url = ""
        self.host = ""
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.delivered: Counter[str] = Counter()
        self.turns: deque[Turn] = deque()
        self.reports: list[dict[str, str]] = []
        self._ids: dict[str, str] = {}
        self._lock = threading.Lock()

    def turn(self) -> Turn:
        with self._lock:
            return self.turns.popleft() if self.turns else Turn()

    def take(self, letter: dict[str, Any], key: str, headers: dict[str, str]) -> str:
        """Deliver once per key and give the gateway's own name of the message."""
        with self._lock:
            self.asked.append(letter)
            self.headers.append(headers)
            if key not in self._ids:
                self._ids[key] = str(uuid4())
                self.delivered[letter["reference"]] += 1
                self.reports += [{"reference": letter["reference"], "event": event} for event in ("delivered", "read")]
            return self._ids[key]

    def tell(self, post: Callable[[bytes, dict[str, str]], int], *, rng: random.Random, copies: int = 2) -> list[int]:
        """Send every waiting report ``copies`` times, each in a message of its own and in any order."""
        with self._lock:
            waiting, self.reports = self.reports * copies, []
        rng.shuffle(waiting)
        return [post(*signed([report])) for report in waiting]


def signed(
    reports: list[dict[str, Any]], *, secret: str = SECRET, webhook_id: str = "", at: datetime | None = None
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one signed message of reports."""
    body = json.dumps({"reports": reports}).encode()
    now = at or datetime.now(UTC)
    return body, webhook_signatures.sign(body, message_id=webhook_id or str(uuid4()), at=now, secrets=[secret])


@contextmanager
def running() -> Iterator[Communications]:
    """The API on a free port for the length of the block."""
    api = Communications()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {KEY}":
                return self._answer(401, {"code": "NO_KEY"}, {})
            turn = api.turn()
            time.sleep(turn.delay)
            takes = turn.status < 300 if turn.takes is None else turn.takes
            name = api.take(letter, self.headers["Idempotency-Key"], dict(self.headers)) if takes else ""
            if turn.hangs_up:
                return None
            said = {"id": name} if turn.status < 300 else {"code": turn.code}
            return self._answer(turn.status, said, turn.headers, turn.body)

        def _answer(self, status: int, said: dict[str, str], headers: dict[str, str], raw: bytes | None = None) -> None:
            body = json.dumps(said).encode() if raw is None else raw
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # whoever asked has gone

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        #: Whoever connects waits to be heard: a queue of five would break off those of a batch.
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    api.host = f"127.0.0.1:{server.server_address[1]}"
    api.url = f"http://{api.host}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
