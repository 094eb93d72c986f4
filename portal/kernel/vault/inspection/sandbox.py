"""What the kernel takes from a process that reads a stranger's bytes (Linux: Landlock, seccomp, namespaces, its user).

Three walls, each of which holds alone: no file can be opened but the libraries (Landlock); only the system calls that
reading and drawing need are allowed, all others are refused (seccomp); and the process is nobody's, in a network and a set
of shared memory of its own. What a kernel does not give is left out and named: ``vault.W001`` reads it.

Numbers of calls, flags and structures are the kernel's own (``asm/unistd.h``, ``linux/seccomp.h``, ``linux/landlock.h``).
"""

import ctypes
import os
import platform
import resource
import struct
import sys
import sysconfig
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_SET_MODE_FILTER, _TSYNC = 1, 1
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
#: struct seccomp_data: the number of the call, the architecture, then from 16 on the arguments of 8 bytes each.
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_SET, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
#: Behind this bit are the calls of the x32 way in, with numbers of their own.
_X32 = 0x40000000 - 1

_PROT_EXEC: Final = 0x4
#: Everything in the flags of openat(2) that is more than reading: writing, creating, cutting off, temporary files.
_MORE_THAN_READING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000
_NOBODY: Final = 65534
#: Which network a process is in: a link whose words are another for each.
NETWORK: Final = "/proc/self/ns/net"


@dataclass(frozen=True)
class Call:
    """A system call that is allowed: its numbers, and bits of one argument that must all be zero."""

    x86_64: int | None
    aarch64: int | None
    argument: int = 0
    #: Bits of the lower half of the argument; with ``whole`` the whole argument must be zero.
    without: int = 0
    whole: bool = False


#: To read what was handed over, to count, to wait for threads that run already, to answer and to end.
READING: Final[dict[str, Call]] = {
    "read": Call(0, 63),
    "write": Call(1, 64),
    "close": Call(3, 57),
    "fstat": Call(5, 80),
    "lseek": Call(8, 62),
    "mmap": Call(9, 222, argument=2, without=_PROT_EXEC),
    "mprotect": Call(10, 226, argument=2, without=_PROT_EXEC),
    "munmap": Call(11, 215),
    "brk": Call(12, 214),
    "mremap": Call(25, 216),
    "madvise": Call(28, 233),
    "rt_sigaction": Call(13, 134),
    "rt_sigprocmask": Call(14, 135),
    "rt_sigreturn": Call(15, 139),
    "sigaltstack": Call(131, 132),
    "restart_syscall": Call(219, 128),
    "sched_yield": Call(24, 124),
    "sched_getaffinity": Call(204, 123),
    "nanosleep": Call(35, 101),
    "clock_nanosleep": Call(230, 115),
    "clock_gettime": Call(228, 113),
    "clock_getres": Call(229, 114),
    "gettimeofday": Call(96, 169),
    "getpid": Call(39, 172),
    "gettid": Call(186, 178),
    "getuid": Call(102, 174),
    "getrusage": Call(98, 165),
    "prlimit64": Call(302, 261, argument=2, whole=True),  # to ask for limits, not to set them
    "futex": Call(202, 98),
    "set_robust_list": Call(273, 99),
    "rseq": Call(334, 293),
    "membarrier": Call(324, 283),
    "getrandom": Call(318, 278),
    "exit": Call(60, 93),
    "exit_group": Call(231, 94),
}
#: The library that draws opens the one document itself, by its descriptor, to read.
DRAWING: Final[dict[str, Call]] = {
    **READING,
    "openat": Call(257, 56, argument=2, without=_MORE_THAN_READING),
    "statx": Call(332, 291),
    "newfstatat": Call(262, 79),
    "readlink": Call(89, None),
    "readlinkat": Call(267, 78),
    "getcwd": Call(79, 17),
    "pread64": Call(17, 67),
}

#: By machine: its architecture (audit.h) and the number of seccomp(2). Landlock's three have one number on both.
_MACHINES: Final = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION: Final = 1
#: Rights of files by version of Landlock: 13 at first, then linking over folders, cutting off, and device commands.
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_ALL_FILE_RIGHTS: Final = 16
_MAY_READ: Final = (1 << 2) | (1 << 3)  # a file, a folder
_MAY_READ_A_FILE: Final = 1 << 2
#: From version 4: binding and connecting by TCP; from version 6: sockets without a file, signals to others.
_NETWORK_RIGHTS, _SCOPES = 0b11, 0b11
_BENEATH: Final = 1
_OPEN_PATH: Final = 0o10000000  # O_PATH
_NEW_USER, _NEW_NETWORK, _NEW_SHARED_MEMORY, _NEW_NAMES = 0x10000000, 0x40000000, 0x08000000, 0x04000000
#: What loaders and libraries read beside their own files.
_SYSTEM_FILES: Final = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/urandom",
    "/dev/null",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)


@dataclass(frozen=True)
class Given:
    """What the kernel gave."""

    calls: bool
    files: bool
    apart: bool


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _kernel() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _is_known() -> bool:
    return sys.platform == "linux" and platform.machine() in _MACHINES


def numbers(calls: dict[str, Call], machine: str) -> dict[int, Call]:
    """The calls by their numbers on a machine."""
    found = {name: call.x86_64 if machine == "x86_64" else call.aarch64 for name, call in calls.items()}
    return {number: calls[name] for name, number in found.items() if number is not None}


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _allowing(number: int, call: Call) -> list[bytes]:
    """Allowed where the number is this one and the argument has none of the bits; refused where it has."""
    at = _ARGUMENTS_AT + 8 * call.argument
    judging: list[bytes] = []
    if call.whole:
        judging = [
            _line(_LOAD, at),
            _line(_JUMP_EQUAL, 0, 1, 0),
            _line(_RETURN, _REFUSE),
            _line(_LOAD, at + 4),
            _line(_JUMP_EQUAL, 0, 1, 0),
            _line(_RETURN, _REFUSE),
        ]
    elif call.without:
        judging = [_line(_LOAD, at), _line(_JUMP_SET, call.without, 0, 1), _line(_RETURN, _REFUSE)]
    return [_line(_JUMP_EQUAL, number, 0, len(judging) + 1), *judging, _line(_RETURN, _ALLOW)]


def _filter(architecture: int, calls: dict[int, Call]) -> bytes:
    lines = [
        _line(_LOAD, _ARCHITECTURE_AT),
        _line(_JUMP_EQUAL, architecture, 1, 0),
        _line(_RETURN, _REFUSE),
        _line(_LOAD, _NUMBER_AT),
        _line(_JUMP_GREATER, _X32, 0, 1),
        _line(_RETURN, _REFUSE),
    ]
    for number, call in calls.items():
        lines += _allowing(number, call)
    return b"".join([*lines, _line(_RETURN, _REFUSE)])


def allow_only(calls: dict[str, Call]) -> bool:
    """From here on, in every thread, the kernel refuses all other calls with EPERM; whether it agreed.

    It cannot be taken back.
    """
    if not _is_known():
        return False
    machine = platform.machine()
    architecture, call = _MACHINES[machine]
    code = _filter(architecture, numbers(calls, machine))
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(held))
    kernel = _kernel()
    if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return int(kernel.syscall(call, _SET_MODE_FILTER, _TSYNC, ctypes.byref(program))) == 0


def leave_only_files(places: Iterable[str]) -> bool:
    """From here on this thread, and what it starts, may read what lies beneath the places and open nothing else.

    Files without a place of their own, such as one in memory, stay open to it. Whether the kernel agreed; it cannot be
    taken back. Asked before any thread is started, because each thread would have to ask for itself.
    """
    if not _is_known():
        return False
    kernel = _kernel()
    version = int(kernel.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION))
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS.get(version, _ALL_FILE_RIGHTS)) - 1
    handled = struct.pack("=QQQ", rights, _NETWORK_RIGHTS, _SCOPES)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = int(kernel.syscall(_LANDLOCK_CREATE, handled, len(handled), 0))
    if rules < 0:
        return False
    try:
        for place in places:
            _allow_beneath(kernel, rules, place)
        if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return int(kernel.syscall(_LANDLOCK_RESTRICT, rules, 0)) == 0
    finally:
        os.close(rules)


def _allow_beneath(kernel: ctypes.CDLL, rules: int, place: str) -> None:
    try:
        descriptor = os.open(place, _OPEN_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not every system has each of them
    try:
        allowed = _MAY_READ if Path(place).is_dir() else _MAY_READ_A_FILE
        kernel.syscall(_LANDLOCK_ADD, rules, _BENEATH, struct.pack("=Qi", allowed, descriptor), 0)
    finally:
        os.close(descriptor)


def libraries(root: str, packages: Collection[str]) -> list[str]:
    """Where this Python, its packages and those packages of ours lie: all that a reader of files has to load."""
    own = sysconfig.get_paths()
    places = {own[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {f"{sys.base_prefix}/lib", *(f"{root}/{package}" for package in packages)}
    return [*sorted(places), *_SYSTEM_FILES]


def stand_apart() -> bool:
    """Leave the machine's network, shared memory and names for empty ones of this process's own; whether that went.

    An account that is not root needs a user namespace for it. Asked before any thread is started.
    """
    if sys.platform != "linux":
        return False
    apart = _NEW_NETWORK | _NEW_SHARED_MEMORY | _NEW_NAMES
    return int(_kernel().unshare(apart if os.geteuid() == 0 else apart | _NEW_USER)) == 0


def hide_memory() -> None:
    """No other process of the same account may read or write this one's memory, and no core dump is made of it."""
    if sys.platform == "linux":
        _kernel().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def be_nobody() -> None:
    """Root gives up its account and its groups; another account keeps its own and may start no process."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
