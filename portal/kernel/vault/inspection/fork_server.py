"""The process that children are copied from. It has its libraries loaded, and never sees a file, a key or a name.

It takes orders over one socket, its standard input. An order names what to load and how long a copy may take, and brings
two descriptors: the conversation of the copy with whoever asked, and where its end is told. Each copy is a process of its
own, confined as ``child`` says, and ends with its one request. What starts threads is loaded in copies alone: a copy has
none of its original's.
"""

import contextlib
import importlib
import json
import os
import signal
import socket
from typing import Any

from portal.kernel.vault.inspection import sandbox, worker
from portal.kernel.vault.inspection.result import WORKED_TO_THE_END

#: Seconds without an order after which it ends by itself; the next file finds a new one.
IDLE = 60.0
LONGEST_ORDER = 65_536
#: More descriptors than it ever has: a copy closes what stands behind its conversation.
MOST_DESCRIPTORS = 1_024
#: A copy that had so much of its time on a processor was at work when that was over: its file is too much, and the machine
#: not too busy.
BUSY = 1 / 3
#: Seconds on a processor, of which nothing says anything about a file.
LEAST = 1.0


def main() -> None:
    """Serve until the other side closes the socket, or nothing is asked for a while."""
    sandbox.stand_apart()
    sandbox.hide_memory()
    orders = socket.socket(fileno=os.dup(0))
    orders.settimeout(IDLE)
    worker.warm_for_pictures()
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while (order := _next(orders)) is not None:
            wanted, (conversation, ending) = order
            _load(wanted)
            if os.fork() == 0:
                orders.close()
                _watch(conversation, ending, seconds=wanted["seconds"])
            os.close(conversation)
            os.close(ending)
            orders.sendall(b".")
            with contextlib.suppress(ChildProcessError):  # there is none left
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    orders.close()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _next(orders: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    said, descriptors, _flags, _address = socket.recv_fds(orders, LONGEST_ORDER, 2)
    return (json.loads(said), descriptors) if said else None


def _load(wanted: dict[str, Any]) -> None:
    if wanted["is_pdf"]:
        worker.warm_for_pdfs()
    for module in wanted["modules"]:
        importlib.import_module(module)


def _watch(conversation: int, ending: int, *, seconds: float) -> None:
    """Between the original and a copy: it ends a copy that takes too long, and tells how a copy ended.

    Never returns.
    """
    copy = os.fork()
    if copy == 0:
        os.close(ending)
        _be_a_copy(conversation)
    os.close(conversation)
    is_late = False

    def end(_number: int, _frame: object) -> None:
        nonlocal is_late
        is_late = True
        os.kill(copy, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _pid, status, used = os.wait4(copy, 0)
    worked = used.ru_utime + used.ru_stime
    code = WORKED_TO_THE_END if is_late and was_at_work(worked, seconds) else os.waitstatus_to_exitcode(status)
    os.write(ending, str(code).encode())
    os._exit(0)


def was_at_work(worked: float, seconds: float) -> bool:
    """Whether a copy that had so many seconds on a processor, of so many in all, was at work when they were over.

    Never of less than ``LEAST``: in so little time its own start is most of the work.
    """
    return worked >= max(LEAST, BUSY * seconds)


def _be_a_copy(conversation: int) -> None:
    """One request, and the end: what was inherited beside the conversation is closed first. Never returns."""
    code = 1
    try:
        os.dup2(conversation, 0)
        os.dup2(conversation, 1)
        os.closerange(3, MOST_DESCRIPTORS)
        worker.main()
        code = 0
    finally:
        os._exit(code)
