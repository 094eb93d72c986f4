"""The state of a case follows from its documents; its clock, its dates and the letters follow from its state."""

from datetime import date, datetime
from typing import Any

from kyc import rules
from kyc.models import Case
from kyc.needs import needs_of
from kyc.services import telling
from kyc.states import CASE_MOVES, CaseState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core.actor import Actor
from portal.core.clock import day
from portal.core.moves import move
from portal.law.selectors import house_rule
from portal.law.services import clocks
from portal.law.services.timing import dates_of

CHECK_PROMISE = "kyc.check"
ZONE = "Asia/Kolkata"


def owner_of(case: Case) -> str:
    """The label of the case in clocks and audit events."""
    return f"kyc.case:{case.reference}"


def settle(case: Case, *, actor: Actor, now: datetime) -> None:
    """Move the case to where its documents and people put it, in the caller's transaction; nothing when it is there already.

    One at a time for each case: two who decide about its last two documents at once would each see the other's as
    undecided, and neither would move the case. The lock lets rows that refer to the case be written.
    """
    read = ["state", "relation", "customer_type", "rekyc_on"]
    case.refresh_from_db(fields=read, from_queryset=Case.objects.select_for_update(no_key=True))
    target = rules.case_target(needs_of(case, now=now).states)
    if target == case.state:
        return
    before = case.state
    move(case, target, moves=CASE_MOVES, **_dates(target, now))
    record(
        AuditKind.KYC_CASE_MOVED,
        actor=actor,
        about=owner_of(case),
        subject_ref=case.subject_ref,
        facts={"from": before, "to": target},
        at=now,
    )
    _clock(case, target, actor, now)
    if target == CaseState.APPROVED:
        telling.case_approved(case)


def _dates(target: str, now: datetime) -> dict[str, Any]:
    if target == CaseState.IN_REVIEW:
        return {"review_since": now}
    if target == CaseState.OPEN:
        # The day of re-KYC stays until the next approval: till then every document of before may be sent anew.
        return {"decided_at": None, "retained_until": None}
    dates: dict[str, Any] = {"decided_at": now, "retained_until": _after("kyc.retention", now)}
    if target == CaseState.APPROVED:
        dates["rekyc_on"] = _after("kyc.rekyc", now)
    return dates


def _after(rule_key: str, now: datetime) -> date:
    rule = house_rule(rule_key, on=day(now))
    return dates_of(rule, now, ZONE).due_on


def _clock(case: Case, target: str, actor: Actor, now: datetime) -> None:
    """Our promise runs while the case is with us, rests while it is the customer's turn, and ends with the decision."""
    owner = owner_of(case)
    if target == CaseState.IN_REVIEW:
        clocks.start(
            owner=owner,
            subject_ref=case.subject_ref,
            rule_keys=[CHECK_PROMISE],
            kind="kyc",
            started_at=now,
            zone=ZONE,
            regimes=["IN"],
            actor=actor,
            now=now,
        )
        clocks.resume(owner=owner, at=now, actor=actor, now=now)
    elif target == CaseState.OPEN:
        clocks.pause(owner=owner, at=now, actor=actor, now=now)
    else:
        clocks.stop(owner=owner, at=now, actor=actor, now=now)
