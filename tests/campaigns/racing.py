"""Acts that begin at the same instant, each on connections of its own."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, connections

from portal.kernel.core.errors import PortalError

#: On SQLite one writes after the other anyway: what these campaigns look for cannot be there.
several_writers = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
#: A few rounds in every run, many in the long one.
rounds = pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.full)])
#: The same where one round takes some seconds: one is in the quick run all the same, for it found two faults.
rounds_of_seconds = pytest.mark.parametrize("rounds", [1, pytest.param(200, marks=pytest.mark.full)])
#: Seconds by which one of the acts may come later: as long as the shorter ones take.
LATER = 0.03


@dataclass(frozen=True)
class Ended:
    """How one act ended: with what it gives, or with a refusal by its code. ``order`` counts from the first that ended."""

    value: Any = None
    refusal: str = ""

    @property
    def is_done(self) -> bool:
        return not self.refusal


def together(*acts: Callable[[], Any], later: float = LATER) -> list[Ended]:
    """How each act ended, in the order given. They begin at one instant, give or take ``later`` by chance.

    A refusal is one of the portal's own errors; anything else is raised here.
    """
    start = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Ended:
        try:
            start.wait(timeout=60)
            time.sleep(random.uniform(0, later))
            return Ended(act())
        except PortalError as error:
            return Ended(refusal=error.code)
        finally:
            connections.close_all()  # the keys have a database of their own

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return [one.result() for one in [pool.submit(begin, act) for act in acts]]
