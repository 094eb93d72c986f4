"""A virus scanner on this machine that speaks ClamAV's INSTREAM: finds EICAR, and fails in every way one can."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Harmless by agreement of the makers of scanners (eicar.org).
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """``answer`` is given instead of its own; ``delay`` seconds before it; ``reads`` stops after so many bytes."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: bytes | None = None
        self.delay = 0.0
        self.most = 25 * 1024 * 1024
        self.scanned: list[bytes] = []


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        scanner: Scanner = self.server.scanner  # type: ignore[attr-defined]
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            if len(data) + size > scanner.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
            data += self.rfile.read(size)
        scanner.scanned.append(data)
        time.sleep(scanner.delay)
        own = b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0"
        self.wfile.write(own if scanner.answer is None else scanner.answer)


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def serving(path: Path | None = None) -> Iterator[Scanner]:
    """A scanner on a free port, or on a socket at this path."""
    scanner = Scanner()
    server: Any = _Unix(str(path), _Handler) if path else _Tcp(("127.0.0.1", 0), _Handler)
    server.scanner = scanner
    scanner.url = f"unix:{path}" if path else f"tcp:127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield scanner
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
