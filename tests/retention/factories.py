from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from portal.kernel.core import actor, clock, ports
from portal.kernel.core.erasure_api import Eraser, Kept, Record, of_days
from portal.kernel.core.ids import new_reference
from portal.kernel.law.models import HouseRule, LegalRule
from portal.kernel.people.models import RegimeEvidence
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.choices import Cause
from portal.kernel.retention.models import ChildDecision, ChildReport, ErasureRun, Hold, RetentionRule
from portal.kernel.retention.services import erasure_plans, person_erasure, plan_approvals, runs
from tests.law.factories import HouseRuleFactory, LegalRuleFactory
from tests.people.factories import StaffFactory

#: From 13 May 2027 the DPDP Rules keep accounts, documents and messages for a year after their use, too.
BEFORE_DPDP = datetime(2027, 2, 27, 6, 30, tzinfo=UTC)


class Shelf:
    """An eraser over a dictionary: subject -> instants at which records began."""

    name = "tests.shelf"
    label = "A shelf"
    retention_class = "shelf"
    covers = ("tests.Shelf",)

    def __init__(self) -> None:
        self.shelved: dict[UUID, list[datetime]] = {}

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        for subject_ref, began in self.shelved.items():
            if count := sum(1 for instant in began if instant < before):
                yield Kept(subject_ref, count)

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        wanted = set(subject_refs)
        return of_days((ref, instant) for ref, began in self.shelved.items() if ref in wanted for instant in began)

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        began = self.shelved.get(subject_ref, [])
        left = [instant for instant in began if before is not None and instant >= before]
        self.shelved[subject_ref] = left
        return len(began) - len(left)


class Rows(Shelf):
    """The same over rows of a table: what a transaction rolls back is there again."""

    def put(self, ref: UUID, began: datetime) -> None:
        RegimeEvidence.objects.create(subject_ref=ref, regime="EU", ground="declared", noted_at=began)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        rows = RegimeEvidence.objects.filter(noted_at__lt=before).values_list("subject_ref", flat=True)
        return [Kept(ref, 1) for ref in rows]

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        rows = RegimeEvidence.objects.filter(subject_ref__in=list(subject_refs))
        return of_days(rows.values_list("subject_ref", "noted_at"))

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        return int(RegimeEvidence.objects.filter(subject_ref=subject_ref).delete()[0])


def decision_of_two() -> ChildDecision:
    """What two people decided about a report of a child."""
    maker, checker = StaffFactory(), StaffFactory()
    now = clock.now()
    report = ChildReport.objects.create(
        reference=new_reference("CH"), subject_ref=uuid4(), relation="teacher", reported_at=now
    )
    return ChildDecision.objects.create(
        report=report,
        outcome="child",
        why="Seen by both",
        act="retention.child.decide",
        made_by=maker,
        made_at=now,
        checked_by=checker,
        checked_at=now,
        answer="approved",
        shown_sha256="a" * 64,
    )


def run_for(person: UUID, *, because: str = "OS-GR-1", cause: Cause = Cause.REQUEST) -> ErasureRun:
    """The run that two people's decision about one person's wish gives, as it is approved."""
    now = clock.now()
    return person_erasure.plan(
        cause=cause,
        because=because,
        refs=retention_decisions.refs_of_person(person),
        decided=retention_decisions.keep_or_erase(person, now=now, asked_at=now),
        decision=decision_of_two(),
        asked_at=now,
        now=now,
        actor=actor.SYSTEM,
    )


@contextmanager
def only_eraser(eraser: Eraser) -> Iterator[None]:
    """For the length of the block this is the one registered eraser."""
    others, ports.erasers._items = ports.erasers._items, [eraser]
    try:
        yield
    finally:
        ports.erasers._items = others


def house_rule(key: str, amount: int, unit: str) -> HouseRule:
    return HouseRuleFactory(key=key, amount=amount, unit=unit, counting="minimum")


def legal_rule(key: str, amount: int | None, unit: str, **changes: Any) -> LegalRule:
    values = {"kind": "min_retention", "counting": "minimum", **changes}
    return LegalRuleFactory(key=key, amount=amount, unit=unit, **values)


def retention_rule(*legal_rules: str, house: str = "tests.period", **changes: Any) -> RetentionRule:
    values: dict[str, Any] = {
        "retention_class": "shelf",
        "version": 1,
        "name": "A shelf",
        "counts_from": "the day it was put there",
        "house_rule": house,
        "legal_rules": list(legal_rules),
        "needs_approval": False,
        "effective_from": date(2025, 1, 1),
        "source": "x",
        "sha256": "0" * 64,
        "recorded_at": clock.now(),
    }
    return RetentionRule.objects.create(**{**values, **changes})


def hold(subject_ref: UUID, retention_class: str = "") -> Hold:
    return Hold.objects.create(
        subject_ref=subject_ref,
        retention_class=retention_class,
        order_reference="WP 12/2026",
        why="x",
        placed_by=StaffFactory(),
        placed_at=clock.now(),
    )


def carried_out_by_two(*, now: datetime) -> ErasureRun:
    """What the night plans at ``now``, agreed to by an officer and an administrator, and erased. The finished run."""
    plan = erasure_plans.make(now=now, actor=actor.SYSTEM)
    assert plan is not None, "Nothing is over that two people have to approve."
    maker, checker = (StaffFactory(roles=[role]) for role in ("data_protection_officer", "administrator"))
    approval = plan_approvals.propose(run=plan, why="Their time is over.", actor=actor.staff(maker.pk))
    plan_approvals.answer(approval=approval, approve=True, reason="", actor=actor.staff(checker.pk), now=now)
    plan.refresh_from_db()
    return runs.carry_out(plan, now=now, actor=actor.SYSTEM)
