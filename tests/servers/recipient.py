"""A recipient's system on this machine: takes signed words, or is slow, wrong, down, redirecting or replaying."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from portal.kernel.core import webhook_signatures

#: The address of the metadata service of clouds: what a redirect into a network aims at.
INSIDE = "http://169.254.169.254/latest/meta-data/"


@dataclass
class Turn:
    """What happens with one request. ``takes``: it was taken although the answer says otherwise, or was lost."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    takes: bool | None = None
    hangs_up: bool = False


REDIRECTS = Turn(302, {"Location": INSIDE})


class System:
    """``turns`` says what happens with the next requests; with none left everything is taken."""

    def __init__(self, secret: str = "") -> None:
        self.host, self.secret = "", secret
        self.turns: deque[Turn] = deque()
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.taken: list[dict[str, Any]] = []
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{self.host}/webhooks"

    def turn(self) -> Turn:
        with self._lock:
            return self.turns.popleft() if self.turns else Turn()

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Check the signature as a recipient does, and take each number once."""
        number = webhook_signatures.verify(headers, body, secrets=[self.secret], now=datetime.now(UTC))
        with self._lock:
            if number not in self._ids:
                self._ids.add(number)
                self.taken.append(json.loads(body))

    @property
    def instructions(self) -> list[str]:
        return [word["data"]["instruction"]["reference"] for word in self.taken if "instruction" in word["data"]]

    def says(self, state: str = "acknowledged", *, number: str = "") -> tuple[bytes, dict[str, str]]:
        """Body and headers of one signed message about every instruction taken so far."""
        lines = [{"instruction": reference, "state": state} for reference in self.instructions]
        return signed({"acknowledgements": lines}, secret=self.secret, number=number)


def signed(
    body: dict[str, Any], *, secret: str, number: str = "", at: datetime | None = None
) -> tuple[bytes, dict[str, str]]:
    text = json.dumps(body).encode()
    now = at or datetime.now(UTC)
    return text, webhook_signatures.sign(text, message_id=number or str(uuid4()), at=now, secrets=[secret])


@contextmanager
def running(secret: str = "", *, system: System | None = None) -> Iterator[System]:
    """The system for the length of the block: on a free port, or a given one at its own address."""
    system = system or System(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = dict(self.headers)
            system.asked.append((headers, body))
            turn = system.turn()
            time.sleep(turn.delay)
            if turn.status < 300 if turn.takes is None else turn.takes:
                system.take(headers, body)
            if turn.hangs_up:
                return
            try:
                self.send_response(turn.status)
                for name, value in {"Content-Length": "0", **turn.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    _name, _colon, port = system.host.partition(":")
    server = ThreadingHTTPServer(("127.0.0.1", int(port or 0)), Handler)
    server.daemon_threads = True
    system.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield system
    finally:
        server.shutdown()
        server.server_close()
