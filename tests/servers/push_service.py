"""A push service and a browser on this machine: takes notices over HTTP and reads them as a browser would (RFC 8291)."""

import base64
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def in_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Browser:
    """Holds the keys that only it can read with."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    def given(self) -> dict[str, str]:
        """What the page's script fills in."""
        p256dh = point(self._key.public_key())
        return {"endpoint": self.endpoint, "p256dh": in_base64(p256dh), "auth": in_base64(self._auth)}

    def read(self, sealed: bytes) -> bytes:
        salt, (_size, length) = sealed[:16], struct.unpack("!LB", sealed[16:21])
        sender, words = sealed[21 : 21 + length], sealed[21 + length :]
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        both = b"WebPush: info\x00" + point(self._key.public_key()) + sender
        secret = _derived(self._auth, both, 32, shared)
        key = _derived(salt, b"Content-Encoding: aes128gcm\x00", 16, secret)
        nonce = _derived(salt, b"Content-Encoding: nonce\x00", 12, secret)
        plain = AESGCM(key).decrypt(nonce, words, None)
        return plain.rstrip(b"\x00").removesuffix(b"\x02")


def _derived(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class PushService:
    """``statuses`` says how each path is answered; 201 where nothing is said."""

    def __init__(self) -> None:
        self.host = ""
        self.statuses: dict[str, int] = {}
        self.taken: list[tuple[str, dict[str, str], bytes]] = []

    def browser(self, name: str) -> Browser:
        return Browser(f"http://{self.host}/{name}")


@contextmanager
def running() -> Iterator[PushService]:
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = service.statuses.get(self.path.strip("/"), 201)
            if status < 300:
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.taken.append((self.path.strip("/"), headers, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
