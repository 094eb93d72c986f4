"""In which class of retention a document is kept (``kyc/data/retention.toml``), until when, and because of what."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from kyc.base.choices import CaseState
from kyc.base.models.cases import Case
from portal.kernel.core.clock import day
from portal.kernel.core.data_files import data_of
from portal.kernel.people.choices import CustomerState
from portal.kernel.retention import rules, selectors
from portal.kernel.retention.selectors import Keeper

FILE = data_of("kyc") / "retention.toml"


@dataclass(frozen=True)
class Kept:
    """What keeps a document: the rule that keeps it longest. ``until`` is known once the relation has ended."""

    by: Keeper
    until: date | None


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["kept"])


def class_of(relation: str, kind: str = "") -> str:
    """The class in which a document of this kind is kept; without a kind, that of all that has no row of its own."""
    return next(
        str(row["class"])
        for row in _rows()
        if relation in row["relations"] and (kind in row["kinds"] if "kinds" in row else True)
    )


def classes() -> tuple[str, ...]:
    """Every class that documents are kept in."""
    return tuple(dict.fromkeys(str(row["class"]) for row in _rows()))


def relations_of(retention_class: str) -> list[str]:
    """Those whose people and remaining documents are kept in this class."""
    return [
        one for row in _rows() if row["class"] == retention_class and "kinds" not in row for one in row["relations"]
    ]


def ended_at(case: Case) -> datetime | None:
    """When the time began to count: the customer left, or was rejected, whichever came first. None while the relation
    lasts. The erasers count by the same days (``kyc.erasure``).
    """
    if case.pk is None:
        return None
    ends = [
        case.customer.closed_at if case.customer.state == CustomerState.CLOSED else None,
        case.decided_at if case.state == CaseState.REJECTED else None,
    ]
    return min((end for end in ends if end is not None), default=None)


def kept(case: Case, retention_class: str, *, now: datetime) -> Kept | None:
    """What keeps the documents of a class in this case; None for a class without a rule, which is kept for good."""
    by = selectors.keeper_of(retention_class, on=day(now))
    if by is None:
        return None
    ended = ended_at(case)
    return Kept(by, rules.kept_through(day(ended), by.period) if ended else None)
