"""A virus scanner's word on an upload, by ClamAV's INSTREAM command (clamd(8)), where ``CLAMD_URL`` names one.

The scanner sees the bytes through a socket and nothing else. Whatever it says that is not plainly "clean" or "found" is an
outage: the file is then neither taken as clean nor refused.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import urlsplit

import structlog
from django.conf import settings

from portal.kernel.core.errors import Unavailable

log = structlog.get_logger(__name__)

CHUNK = 64 * 1024
#: Seconds: to reach the scanner, and for the whole of one scan.
CONNECT, WHOLE = 5.0, 60.0
LONGEST_ANSWER = 4096
#: One scanner's standard port.
PORT = 3310


class Scan(StrEnum):
    CLEAN = "CLEAN"
    INFECTED = "INFECTED"
    #: No scanner is set up: that is said on the page, not hidden.
    NOT_SCANNED = "NOT_SCANNED"


def scan(data: bytes) -> Scan:
    """What the scanner says about these bytes. Raises Unavailable when it does not answer, or answers something else."""
    if not settings.CLAMD_URL:
        return Scan.NOT_SCANNED
    try:
        with _connected(settings.CLAMD_URL) as connection:
            answer = _answer(connection, data)
    except (OSError, ValueError) as error:
        log.warning("vault.scanner_unreachable", error=type(error).__name__)
        raise Unavailable("The virus scanner does not answer.", code="NO_SCANNER") from error
    if answer == "stream: OK":
        return Scan.CLEAN
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Scan.INFECTED
    log.warning("vault.scanner_trouble", answer=answer[:80])
    raise Unavailable("The virus scanner could not scan the file.", code="NO_SCANNER")


@contextlib.contextmanager
def _connected(url: str) -> Iterator[socket.socket]:
    """A connection to ``unix:/run/clamav/clamd.ctl`` or ``tcp:host:3310``. Raises ValueError for another URL."""
    place = urlsplit(url if "//" in url or not url.startswith("tcp:") else url.replace("tcp:", "tcp://", 1))
    if place.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with connection:
            connection.settimeout(CONNECT)
            connection.connect(place.path)
            yield connection
    elif place.scheme == "tcp" and place.hostname:
        with socket.create_connection((place.hostname, place.port or PORT), timeout=CONNECT) as connection:
            yield connection
    else:
        raise ValueError("CLAMD_URL is neither unix:/path nor tcp:host:port")


def _answer(connection: socket.socket, data: bytes) -> str:
    """The one line of the scanner. A slow one is given up: each step only gets what is left of the whole time."""
    end = time.monotonic() + WHOLE

    def wait() -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)

    # A scanner that has seen enough answers and closes before it has read everything: its word counts.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        wait()
        connection.sendall(b"zINSTREAM\0")
        for at in range(0, len(data), CHUNK):
            chunk = data[at : at + CHUNK]
            wait()
            connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
        wait()
        connection.sendall(bytes(4))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
        wait()
        part = connection.recv(LONGEST_ANSWER)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
