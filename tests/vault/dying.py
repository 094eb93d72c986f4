"""A plain module that the inspection's child asks: it says who it is, sleeps, or ends its process. See test_inspection."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portal.vault.inspection.verdict import Limits


def prepare(data: bytes, asked: dict[str, Any], limits: Limits) -> tuple[int, Callable[[], dict[str, Any]]]:
    if "signal" in asked:
        os.kill(os.getpid(), asked["signal"])
    time.sleep(asked.get("seconds", 0))
    descriptors = sorted(int(one.name) for one in Path("/proc/self/fd").iterdir())[:-1]
    watcher = Path(f"/proc/{os.getppid()}/stat").read_text()
    original = int(watcher.rpartition(")")[2].split()[1])
    said = {"pid": os.getpid(), "original": original, "descriptors": descriptors}
    return 0, lambda: said
