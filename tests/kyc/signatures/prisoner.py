"""Asked by a test to break out of the child process."""

import os
import socket
from pathlib import Path
from typing import Any


def prepare(data: bytes, asked: dict[str, Any], limits: Any) -> tuple[int, Any]:
    return 0, tries


def tries() -> dict[str, str]:
    found = {}
    ways = {
        "open": lambda: Path("/etc/hostname").read_bytes(),
        "connect": socket.socket,
        "start": os.pipe,
    }
    for name, way in ways.items():
        try:
            way()
        except OSError:
            found[name] = "OSError"
        else:
            found[name] = "done"
    return found
