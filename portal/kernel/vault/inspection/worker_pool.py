"""The parent's side of ``original``: starts it, orders copies, and talks with each.

One original serves a process and its threads. When a copy fails, its original is given up: the next file meets another
layout of memory, as if each child were started anew, so nobody learns by trying.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.inspection import sandbox
from portal.kernel.vault.inspection.result import WORKED_TO_THE_END

ROOT = str(Path(__file__).resolve().parents[4])
#: A bare package in place of ``portal``, whose own would load the task queue and with it the settings.
ALONE = (
    f"import sys, types; sys.path.insert(0, {ROOT!r}); "
    f"sys.modules['portal'] = types.ModuleType('portal'); sys.modules['portal'].__path__ = [{ROOT + '/portal'!r}]; "
)
_START = ALONE + "from portal.kernel.vault.inspection.fork_server import main; main()"
#: Seconds in which a copy whose time is over is ended, and told of, by its watcher.
GRACE = 5.0
#: What is taken off a conversation at once.
_PART = 1024 * 1024


class ChildFailedError(Exception):
    """A copy ended without an answer: by its own limit, or it crashed on the file."""


class _Original:
    """A running one. Its orders are given one at a time."""

    def __init__(self) -> None:
        sandbox.hide_memory()  # of this process: it holds keys, and its child is of the same account
        self._orders, theirs = socket.socketpair()
        with theirs:
            # A group of its own: a Ctrl-C at the terminal is for its parent, which ends it.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                process_group=0,
            )

    def copy(self, order: bytes, *, seconds: float) -> tuple[socket.socket, socket.socket]:
        """The conversation with a new copy, and where its end is told. Raises OSError for an original that is gone."""
        conversation, there = socket.socketpair()
        told, ending = socket.socketpair()
        with there, ending:
            try:
                self._orders.settimeout(seconds)
                socket.send_fds(self._orders, [order], [there.fileno(), ending.fileno()])
                if not self._orders.recv(1):
                    raise ConnectionResetError
            except OSError:
                conversation.close()
                told.close()
                raise
        return conversation, told

    def let_go(self) -> subprocess.Popen[bytes]:
        """It ends by itself when its copies have ended; the process to wait for then."""
        self._orders.close()
        return self._process

    def forget(self) -> None:
        """In a process that was forked off: the original is that of the first process, and so is the waiting."""
        self.let_go().returncode = 0


class _Stock:
    """The one original of this process, made when it is first wanted and made anew when it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._original: _Original | None = None
        self._ending: list[subprocess.Popen[bytes]] = []

    def copy(self, order: bytes, *, seconds: float) -> tuple[_Original, socket.socket, socket.socket]:
        """A copy of the original there is. Raises OSError where a new original cannot make one either."""
        with self._lock:
            if self._original is not None:
                with contextlib.suppress(ConnectionError):  # nothing was asked for a while, and it has ended
                    return self._original, *self._original.copy(order, seconds=seconds)
                self._let_go()
            original = self._original = _Original()
            return original, *original.copy(order, seconds=seconds)

    def give_up(self, original: _Original) -> None:
        """Let go of an original of which a copy failed; nothing where another thread was first."""
        with self._lock:
            if self._original is original:
                self._let_go()

    def _let_go(self) -> None:
        gone, self._original = self._original, None
        if gone is not None:
            self._ending = [*(one for one in self._ending if one.poll() is None), gone.let_go()]

    def end(self) -> None:
        """At the end of this process: nothing is left running behind it."""
        self._let_go()
        for one in self._ending:
            one.wait()

    def forget(self) -> None:
        """In a process that was forked off this one."""
        for one in self._ending:
            one.returncode = 0
        if self._original is not None:
            self._original.forget()
        self._lock, self._original, self._ending = threading.Lock(), None, []


_stock = _Stock()
atexit.register(_stock.end)
os.register_at_fork(after_in_child=_stock.forget)


def ask(request: bytes, *, is_pdf: bool, modules: Sequence[str], seconds: float, longest: int) -> bytes:
    """The answer of a fresh copy to a request; ``modules`` are what it is going to load, by their names.

    Raises ChildFailedError for a copy that the file brought down, or that says more than ``longest`` bytes; Unavailable where
    nothing is known of the file: a machine that is too busy gave the copy no time, or the system ended it from outside,
    for want of memory.
    """
    order = json.dumps({"is_pdf": is_pdf, "modules": list(modules), "seconds": seconds}).encode()
    until = time.monotonic() + seconds + GRACE
    try:
        original, conversation, told = _stock.copy(order, seconds=seconds)
    except OSError as error:
        raise _unavailable() from error
    try:
        with conversation, told:
            answer = _talk(conversation, request, until=until, longest=longest)
            told.settimeout(_left(until))
            ended = told.recv(16)
    except OSError as error:
        raise _unavailable() from error
    if ended == b"0" and 0 < len(answer) <= longest:
        return answer
    _stock.give_up(original)
    if int(ended or 0) == WORKED_TO_THE_END:
        raise ChildFailedError("took too long")
    if int(ended or -signal.SIGKILL) == -signal.SIGKILL:
        raise _unavailable()
    raise ChildFailedError(f"exit {ended.decode()}")


def _talk(conversation: socket.socket, request: bytes, *, until: float, longest: int) -> bytes:
    """Hand over the request and hear the answer to its end. Raises TimeoutError."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had heard everything
        conversation.settimeout(_left(until))
        conversation.sendall(request)
        conversation.shutdown(socket.SHUT_WR)
    answer = bytearray()
    while len(answer) <= longest:
        conversation.settimeout(_left(until))
        try:
            part = conversation.recv(_PART)
        except ConnectionResetError:  # it ended with words of ours unread
            break
        if not part:
            break
        answer += part
    return bytes(answer)


def _left(until: float) -> float:
    """Of the time: never nothing, which a socket takes for another wish."""
    return max(0.001, until - time.monotonic())


def _unavailable() -> Unavailable:
    return Unavailable(_("We cannot check files just now. Try again in a few minutes."), code="NO_CHECK")
