"""A plain module that the inspection's child asks: it says who it is, sleeps, or ends its process. See test_inspection."""

import os
import time
from collections.abc import Callable
from typing import Any

from portal.kernel.vault.inspection.result import Limits


def prepare(data: bytes, asked: dict[str, Any], limits: Limits) -> tuple[int, Callable[[], dict[str, Any]]]:
    if "signal" in asked:
        os.kill(os.getpid(), asked["signal"])
    time.sleep(asked.get("seconds", 0))
    said = {"pid": os.getpid(), "descriptors": [one for one in range(1_024) if _is_open(one)]}
    return 0, lambda: said


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
