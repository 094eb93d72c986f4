from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal.core import clock, hooks
from portal.core.erasing import Eraser, Kept
from portal.law.models import HouseRule, LegalRule
from portal.retention.models import RetentionRule
from tests.law.factories import HouseRuleFactory, LegalRuleFactory


class Shelf:
    """An eraser over a dictionary: subject -> instants at which records began."""

    name = "tests.shelf"
    label = "A shelf"
    retention_class = "shelf"
    covers = ("tests.Shelf",)

    def __init__(self) -> None:
        self.records: dict[UUID, list[datetime]] = {}

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        for subject_ref, began in self.records.items():
            if count := sum(1 for instant in began if instant < before):
                yield Kept(subject_ref, count)

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        began = self.records.get(subject_ref, [])
        left = [instant for instant in began if before is not None and instant >= before]
        self.records[subject_ref] = left
        return len(began) - len(left)


@contextmanager
def only_eraser(eraser: Eraser) -> Iterator[None]:
    """For the length of the block this is the one registered eraser."""
    others, hooks.erasers._items = hooks.erasers._items, [eraser]
    try:
        yield
    finally:
        hooks.erasers._items = others


def house_rule(key: str, amount: int, unit: str) -> HouseRule:
    return HouseRuleFactory(key=key, amount=amount, unit=unit, counting="minimum")


def legal_rule(key: str, amount: int, unit: str, **changes: Any) -> LegalRule:
    return LegalRuleFactory(key=key, amount=amount, unit=unit, kind="min_retention", counting="minimum", **changes)


def retention_rule(*legal_rules: str, house: str = "tests.period", **changes: Any) -> RetentionRule:
    values: dict[str, Any] = {
        "retention_class": "shelf",
        "version": 1,
        "name": "A shelf",
        "counts_from": "the day it was put there",
        "house_rule": house,
        "legal_rules": list(legal_rules),
        "effective_from": date(2025, 1, 1),
        "source": "x",
        "sha256": "0" * 64,
        "recorded_at": clock.now(),
    }
    return RetentionRule.objects.create(**{**values, **changes})
