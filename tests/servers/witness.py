"""A witness on this machine (C2SP tlog-witness): remembers the last head of each log, cosigns what continues it.

It checks with the recursive tree of the tests, not with the portal's own code, and answers what the specification says:
404 for a log it does not know, 403 without that log's signature, 400, 409 with the size it knows, 422 for a proof that
does not hold.
"""

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from portal.kernel.ledger import notes

Answer = tuple[int, str, bytes]


class Witness:
    """``logs`` are the keys it trusts by origin; ``known`` what it saw last; ``answers`` are given instead of its own."""

    def __init__(
        self, *logs: notes.Verifier, name: str = "witness.example.test/w1", seed: bytes = b"\x31" * 32
    ) -> None:
        self.host = ""
        self.name, self.seed = name, seed
        self.logs = {log.name: log for log in logs}
        self.known: dict[str, tuple[int, bytes]] = {}
        self.seen_at = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
        self.answers: list[Answer | None] = []
        self.asked: list[bytes] = []
        self._lock = threading.Lock()

    @property
    def vkey(self) -> str:
        return self._cosigner().verifier.vkey

    @property
    def setting(self) -> dict[str, str]:
        """Its line in WITNESSES."""
        return {"name": "Witness of the tests", "vkey": self.vkey, "url": f"http://{self.host}/w1"}

    def _cosigner(self) -> notes.Cosigner:
        return notes.Cosigner(self.name, self.seed, self.seen_at)

    def add_checkpoint(self, body: bytes) -> Answer:
        with self._lock:
            self.asked.append(body)
            prepared = self.answers.pop(0) if self.answers else None
            return prepared or self._judge(body)

    def _judge(self, body: bytes) -> Answer:  # noqa: PLR0911 - one line a rule of the specification
        try:
            head, _, note = body.partition(b"\n\n")
            first, *proof = head.decode("ascii").split("\n")
            old = notes.parse_number(first.removeprefix("old "))
            path = [base64.b64decode(line, validate=True) for line in proof]
            text, _lines = notes.split_note(note)
            said = notes.parse_tree_head(text)
        except (ValueError, notes.NoteError):
            return _plain(400)
        if said.origin not in self.logs:
            return _plain(404)
        try:
            notes.open_note(note, [self.logs[said.origin]])
        except notes.NoteError:
            return _plain(403)
        known, root = self.known.get(said.origin, (0, b""))
        if old > said.size:
            return _plain(400)
        if old != known:
            return (409, "text/x.tlog.size", f"{known}\n".encode())
        if old not in {0, said.size} and not continues(old, said.size, root, said.root, path):
            return _plain(422)
        if old in {0, said.size} and path:
            return _plain(422)
        if old == said.size and root != said.root:
            return (409, "text/x.tlog.size", f"{known}\n".encode())
        self.known[said.origin] = (said.size, said.root)
        return (200, "text/plain; charset=utf-8", self.line(text))

    def line(self, text: bytes) -> bytes:
        """Its signature line under a checkpoint."""
        one = self._cosigner()
        return notes.signature_line(one.name, one.verifier.key_id, one.sign(text))


def continues(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """RFC 6962 section 2.1.2 read backwards: rebuild both roots from the proof, by recursion over the two sizes."""
    left = list(path)

    def rebuild(m: int, n: int, *, whole: bool) -> tuple[bytes, bytes]:
        if m == n:
            node = old_root if whole else left.pop(0)
            return node, node
        k = 1 << ((n - 1).bit_length() - 1)
        if m <= k:
            first, second = rebuild(m, k, whole=whole)
            return first, _node(second, left.pop(0))
        first, second = rebuild(m - k, n - k, whole=False)
        sibling = left.pop(0)
        return _node(sibling, first), _node(sibling, second)

    try:
        return rebuild(old, new, whole=True) == (old_root, new_root) and not left
    except IndexError:
        return False


def _node(one: bytes, two: bytes) -> bytes:
    return sha256(b"\x01" + one + two).digest()


def _plain(status: int) -> Answer:
    return (status, "text/plain; charset=utf-8", b"no\n")


@contextmanager
def running(witness: Witness) -> Iterator[Witness]:
    """The witness on a free port for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, said = witness.add_checkpoint(body) if self.path == "/w1/add-checkpoint" else _plain(404)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    witness.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
