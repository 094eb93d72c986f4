"""A store on this machine: one object an address, replaced only under the condition that is asked for (RFC 9110 13.1)."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Store:
    """``statuses`` are answered first, one a request; ``seen`` are the methods and conditions that came."""

    def __init__(self, token: str = "") -> None:
        self.host = ""
        self.token = token
        self.objects: dict[str, bytes] = {}
        self.statuses: list[int] = []
        self.seen: list[tuple[str, str, str]] = []

    def tag(self, path: str) -> str:
        return f'"{hashlib.sha256(self.objects[path]).hexdigest()}"'

    def put(self, path: str, body: bytes, match: str, none_match: str) -> int:
        if none_match == "*" and path in self.objects:
            return 412
        if match and (path not in self.objects or match != self.tag(path)):
            return 412
        self.objects[path] = body
        return 201


@contextmanager
def running(store: Store) -> Iterator[Store]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: bytes = b"", tag: str = "") -> None:
            self.send_response(status)
            if tag:
                self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def is_refused(self) -> bool:
            match, none_match = self.headers.get("If-Match", ""), self.headers.get("If-None-Match", "")
            store.seen.append((self.command, match, none_match))
            if store.token and self.headers.get("Authorization") != f"Bearer {store.token}":
                self.answer(401)
                return True
            if store.statuses:
                self.answer(store.statuses.pop(0))
                return True
            return False

        def do_GET(self) -> None:
            if self.is_refused():
                return
            if self.path not in store.objects:
                self.answer(404)
            else:
                self.answer(200, store.objects[self.path], store.tag(self.path))

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self.is_refused():
                _method, match, none_match = store.seen[-1]
                self.answer(store.put(self.path, body, match, none_match))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
