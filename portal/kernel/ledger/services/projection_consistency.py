"""Checks V10 and V11: the rows that follow from entries, and are written anew as those come, say what the entries say.

V9 compares rows that repeat an entry and never change. A projection (V10) or a record with a state (V11) changes in step
with its entries; here it is compared with what those come to. Nothing is mended.
"""

import secrets
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from django.db import models
from django.db.models import Min, QuerySet

from portal.kernel.core import ports
from portal.kernel.ledger.services.row_consistency import Fail

#: Rows of each kind that a sample looks at, beside the newest.
SAMPLE = 2_000
#: Rows read in one statement.
CHUNK = 2_000
#: Rows that a sample takes from one place of a table.
WINDOW = 100


class Follows(Protocol):
    """What a room registers in ``ports.ledger_followers``: its rows that follow from entries, and how they are compared."""

    #: "V10" or "V11".
    check: str
    model: type[models.Model]
    #: The columns that are compared; one of a related row as ``role__code``.
    compared: frozenset[str]

    def differences(self, *, sample: int | None) -> Iterator[str]:
        """What is wrong with rows, in words that name columns and never what stands in them. Reads only, in sets.

        With ``sample`` about so many rows are looked at, others each time; None is all of them.
        """


def check_followers(fail: Fail, *, whole: bool, most: int) -> dict[str, int]:
    """Compare all rows or a sample of them. Of each kind no more than ``most`` failures are told.

    Returns by check how many rows were compared; of a sample about so many.
    """
    compared: Counter[str] = Counter()
    for follows in ports.ledger_followers:
        rows = follows.model._default_manager.count()
        compared[follows.check] += rows if whole else min(rows, SAMPLE)
        for message in islice(follows.differences(sample=None if whole else SAMPLE), most):
            fail(follows.check, message)
    return dict(compared)


def chunks_of(rows: QuerySet[Any, Any], *, sample: int | None) -> Iterator[list[Any]]:
    """All rows in sets by their numbers or, with ``sample``, the newest of them and others from random places.

    ``rows`` give mappings with ``pk``, a number. Nobody can foretell which rows the next sample looks at.
    """
    if sample is None:
        last = 0
        while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
            yield chunk
            if len(chunk) < CHUNK:
                return
            last = chunk[-1]["pk"]
        return
    newest = rows.order_by("-pk")[: sample // 4]
    found = {row["pk"]: row for row in newest}
    first, until = rows.aggregate(first=Min("pk"))["first"], min(found, default=None)
    if until is not None and first < until:
        for _window in range((sample - len(found)) // WINDOW):
            window = rows.filter(pk__gte=first + secrets.randbelow(until - first)).order_by("pk")[:WINDOW]
            found |= {row["pk"]: row for row in window}
    if found:
        yield list(found.values())
