"""Pages asked in this process: how long the server works, how many statements, how many bytes."""

import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.benchmarks.many import spent


@dataclass(frozen=True)
class Asked:
    """One address: milliseconds of each look, statements of one, bytes with the styles and scripts it links."""

    address: str
    times: list[float]
    statements: int
    weight: int

    @property
    def middle(self) -> float:
        return statistics.median(self.times)

    @property
    def late(self) -> float:
        """The 95th percentile."""
        return sorted(self.times)[len(self.times) * 95 // 100]


def ask(client: Client, address: str, *, times: int, post: dict[str, str] | None = None) -> Asked:
    """Look at an address, once to warm up and count, then to measure. Raises AssertionError for any answer but 200."""

    def look() -> int:
        answer = client.get(address) if post is None else client.post(address, post)
        if answer.status_code != 200:
            raise AssertionError(f"{address} answered {answer.status_code}.")
        return weight(answer)

    look()
    with CaptureQueriesContext(connection) as seen:
        heavy = look()
    statements = len(seen.captured_queries)
    return Asked(address, [spent(look) for _each in range(times)], statements, heavy)


def weight(answer: object) -> int:
    """Bytes, uncompressed, with what the page links of our own."""
    text = answer.content.decode()  # type: ignore[attr-defined]
    linked = set(re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))', text))
    return len(text.encode()) + sum(Path(str(finders.find(name))).stat().st_size for name in linked)
