"""The kernel refuses this process every connection, every new program and every look into another process (Linux, seccomp).

Limits on descriptors say the same in another way; this one also holds where a library is left a descriptor to work with,
and for every thread that runs already. Where the kernel or the processor is another, nothing is done and False returned:
``vault.W001`` says so.
"""

import ctypes
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _TSYNC = 1, 1
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
#: struct seccomp_data: the number of the call, then the architecture.
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
#: Behind this bit are the calls of the x32 way in, with numbers of their own.
_X32 = 0x40000000 - 1

#: By machine: its architecture (audit.h), the number of seccomp(2), and the calls refused:
#: socket, socketpair, connect, bind, listen, accept, accept4, sendto, sendmsg, sendmmsg, execve, execveat, ptrace,
#: process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd, memfd_create, bpf, kill.
_MACHINES = {
    "x86_64": (
        0xC000003E,
        317,
        (41, 53, 42, 49, 50, 43, 288, 44, 46, 307, 59, 322, 101, 310, 311, 425, 438, 319, 321, 62),
    ),
    "aarch64": (
        0xC00000B7,
        277,
        (198, 199, 203, 200, 201, 202, 242, 206, 211, 269, 221, 281, 117, 270, 271, 425, 438, 279, 280, 129),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _filter(architecture: int, refused: tuple[int, ...]) -> bytes:
    lines = [
        _line(_LOAD, _ARCHITECTURE_AT),
        _line(_JUMP_EQUAL, architecture, 1, 0),
        _line(_RETURN, _REFUSE),
        _line(_LOAD, _NUMBER_AT),
        _line(_JUMP_GREATER, _X32, len(refused) + 1, 0),
    ]
    lines += [_line(_JUMP_EQUAL, number, len(refused) - place, 0) for place, number in enumerate(refused)]
    return b"".join([*lines, _line(_RETURN, _ALLOW), _line(_RETURN, _REFUSE)])


def sealed_off() -> bool:
    """Ask the kernel; whether it agreed. From then on it cannot be taken back."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    architecture, call, refused = _MACHINES[platform.machine()]
    code = _filter(architecture, refused)
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(held))
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return int(kernel.syscall(call, _SET_MODE_FILTER, _TSYNC, ctypes.byref(program))) == 0
