"""What somebody's code would try in the child that reads a file: a plain module that the child asks. See test_escapes.

Each attempt gives back something it should never have got, or raises OSError.
"""

# The calls of the system itself are what is tried.
# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH118, PTH208, PTH211
import ctypes
import mmap
import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portal.kernel.vault.inspection import page_images, sandbox
from portal.kernel.vault.inspection.result import Limits

MACHINE = os.uname().machine
#: No filter is asked about these two, by which the kernel comes back from a probe: from elsewhere they end the process.
PROBES = {335, 336} if MACHINE == "x86_64" else set()


def _call(number_x86: int, number_arm: int, *arguments: Any) -> int:
    kernel = ctypes.CDLL(None, use_errno=True)
    said = int(kernel.syscall(number_x86 if MACHINE == "x86_64" else number_arm, *arguments))
    if said < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return said


def _write_into(pid: int) -> int:
    return os.open(f"/proc/{pid}/mem", os.O_RDWR)


def _fork() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return pid


def _thread() -> None:
    try:
        threading.Thread(target=int).start()
    except RuntimeError as error:  # Python's word for a refused call
        raise OSError from error


def _run_from_memory() -> Any:
    try:
        return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except ValueError as error:
        raise OSError from error


def _more_files() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    except ValueError as error:
        raise OSError from error


def attempts(place: str, key_file: str, parent: int) -> dict[str, Callable[[], Any]]:
    """By name. ``place`` is a folder that anybody may write into, ``key_file`` a file that the account may read."""
    there = os.path.join(place, "there")
    return {
        "read a key file": lambda: Path(key_file).read_bytes(),
        "read a key file by its open folder": lambda: os.open(
            key_file.lstrip("/"), os.O_RDONLY, dir_fd=os.open("/", os.O_PATH)
        ),
        "read the accounts": lambda: Path("/etc/passwd").read_text(),
        "list a folder": lambda: os.listdir(place),
        "read the project's settings": lambda: Path("/proc/1/environ").read_bytes(),
        "read another's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "write another's memory": lambda: _write_into(parent),
        "write the watcher's memory": lambda: _write_into(os.getppid()),
        "write its own memory": lambda: _write_into(os.getpid()),
        "read another's memory by a call": lambda: _call(310, 270, parent, None, 0, None, 0, 0),
        "write another's memory by a call": lambda: _call(311, 271, parent, None, 0, None, 0, 0),
        "trace another": lambda: _call(101, 117, 16, parent, 0, 0),
        "take another's descriptor": lambda: _call(438, 438, 3, 0, 0),
        "hold another": lambda: _call(434, 434, parent, 0),
        "write a file": lambda: Path(there).write_text("x"),
        "remove a file": lambda: os.unlink(os.path.join(place, "kept")),
        "cut a file off": lambda: os.truncate(os.path.join(place, "kept"), 0),
        "rename a file": lambda: os.rename(os.path.join(place, "kept"), there),
        "open a file to all": lambda: os.chmod(os.path.join(place, "kept"), 0o777),
        "give a file away": lambda: os.chown(os.path.join(place, "kept"), 0, 0),
        "date a file": lambda: os.utime(os.path.join(place, "kept"), (1, 1)),
        "link a file": lambda: os.link(os.path.join(place, "kept"), there),
        "link to a file": lambda: os.symlink("/etc/passwd", there),
        "make a folder": lambda: os.mkdir(there),
        "remove a folder": lambda: os.rmdir(place),
        "make a pipe with a name": lambda: os.mknod(there, 0o10644),
        "make a device": lambda: os.mknod(there, 0o20644, os.makedev(1, 3)),
        "go elsewhere": lambda: os.chdir("/"),
        "make another root": lambda: os.chroot(place),
        "make a file in memory": lambda: os.memfd_create("x"),
        "run a file": lambda: os.execv("/bin/true", ["true"]),
        "start a program": lambda: subprocess.run(["/bin/true"], check=False),
        "start a process": _fork,
        "start a thread": _thread,
        "end another": lambda: os.kill(parent, signal.SIGTERM),
        "end a thread of another": lambda: _call(200, 130, parent, signal.SIGTERM),
        "make a socket": socket.socket,
        "make a pair of sockets": socket.socketpair,
        "connect": lambda: _call(42, 203, 1, bytes((2, 0, 0, 9, 127, 0, 0, 1)) + bytes(8), 16),
        "make a pipe": os.pipe,
        "share memory": lambda: _call(29, 194, 0, 4096, 0o1600),
        "send a message to others": lambda: _call(68, 186, 0, 0o1600),
        "make a queue": lambda: _call(240, 180, b"/x", os.O_CREAT | os.O_RDWR, 0o600, None),
        "read keys of the kernel": lambda: _call(250, 219, 0, -3, 0, 0, 0),
        "load a program into the kernel": lambda: _call(321, 280, 0, None, 0),
        "ask the kernel in another way": lambda: _call(425, 425, 8, None),
        "watch the machine": lambda: _call(298, 241, None, 0, -1, -1, 0),
        "make namespaces": lambda: _call(272, 97, 0x10000000),
        "mount": lambda: _call(165, 40, None, place.encode(), b"tmpfs", 0, None),
        "become root": lambda: os.setuid(0) if os.getuid() else _call(105, 146, 0),
        "lift a limit": _more_files,
        "run what it wrote": _run_from_memory,
        "be looked into": lambda: _call(157, 167, 4, 1, 0, 0, 0),
        "set the clock": lambda: _call(227, 112, 0, None),
        "pass a descriptor on": lambda: os.dup(1),
    }


def prepare(data: bytes, asked: dict[str, Any], limits: Limits) -> tuple[int, Callable[[], dict[str, Any]]]:
    """In the child that draws a document a descriptor is left open, and some of the ways are others."""
    document = 0
    if asked["draws"]:
        document = page_images.in_memory(data)
        page_images.warm()
    if asked["do"] == "who":
        return 0, lambda: {"user": os.getuid(), "effective": os.getuid()}
    if asked["do"] == "calls":
        return document + 2 if document else 0, lambda: {"answered": refused_by_number(bool(document))}
    tried = attempts(asked["place"], asked["key_file"], asked["parent"])
    return document + 2 if document else 0, lambda: {
        "done": [name for name, attempt in tried.items() if succeeds(attempt)],
        "tried": len(tried),
    }


def succeeds(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def refused_by_number(draws: bool) -> list[int]:
    """Every call that is not on the list and that the kernel does not refuse for that."""
    kernel = ctypes.CDLL(None, use_errno=True)
    listed = sandbox.numbers(sandbox.DRAWING if draws else sandbox.READING, MACHINE)
    answered = []
    for number in sorted(set(range(600)) - PROBES):
        ctypes.set_errno(0)
        if number not in listed and (kernel.syscall(number, -1, -1, -1, -1, -1, -1), ctypes.get_errno()) != (-1, 1):
            answered.append(number)
    return answered
