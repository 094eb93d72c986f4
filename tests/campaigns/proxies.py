"""A way to a server that can be cut, slowed down or made narrow: the server is away, restarted, slow, or has no connection left."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

PIECE = 65536


class Proxy:
    """Hands on what comes to ``port``, in both directions, to the server behind it."""

    def __init__(self, host: str, port: int) -> None:
        self._behind = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        #: Connections that are let in; None for any number.
        self.most: int | None = None
        #: Seconds for which each piece waits.
        self.delay = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection ends now, as when the server is restarted."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Every connection ends, and none is let in until the block ends."""
        with self.narrow(0):
            yield

    @contextlib.contextmanager
    def narrow(self, connections: int) -> Iterator[None]:
        """Every connection ends, and so many are let in until the block ends."""
        self.most = connections
        self.cut()
        try:
            yield
        finally:
            self.most = None

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        self.delay = seconds
        try:
            yield
        finally:
            self.delay = 0.0

    def close(self) -> None:
        self.most = 0
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                came, _address = self._listening.accept()
            except OSError:
                return
            with self._lock:
                is_full = self.most is not None and len(self._pairs) >= self.most
            if is_full:
                came.close()
                continue
            try:
                pair = (came, socket.create_connection(self._behind))
            except OSError:
                came.close()
                continue
            with self._lock:
                self._pairs.append(pair)
            for source, target in (pair, pair[::-1]):
                threading.Thread(target=self._hand_on, args=(pair, source, target), daemon=True).start()

    def _hand_on(self, pair: tuple[socket.socket, socket.socket], source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                if self.delay:
                    time.sleep(self.delay)
                target.sendall(data)
        with self._lock:
            if pair in self._pairs:
                self._pairs.remove(pair)
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
