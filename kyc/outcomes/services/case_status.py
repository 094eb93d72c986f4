"""The state of a case follows from its documents; its clock, its dates and the letters follow from its state."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat

from kyc.base.choices import CASE_MOVES, CaseState, Turn
from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from kyc.base.models.renewals import Renewal
from kyc.cases.minor_guard import is_of_a_child
from kyc.cases.outstanding_items import Needs, needs_of
from kyc.cases.renewal_rules import looks_at_all, period_ends, soonest
from kyc.cases.rules import document_checks
from kyc.cases.selectors import is_listed
from kyc.outcomes import retention_classes
from kyc.outcomes.services import customer_notifications
from kyc.risk.services import risk_ratings
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.errors import PortalError
from portal.kernel.core.state_transitions import move
from portal.kernel.law.date_arithmetic import INDIA
from portal.kernel.law.selectors import running_clocks
from portal.kernel.law.services import deadlines
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Membership
from portal.kernel.people.selectors import refs_of
from portal.kernel.retention.rules import kept_through

CHECK_PROMISE = "kyc.check"
ZONE = INDIA
DAILY = actors.system("kyc.changes")
NOTED = actors.system("kyc.minors")
#: The states that a note about somebody's age changes something in: in all others it is the customer's turn, or nobody's.
WITH_US = (CaseState.APPROVED, CaseState.IN_REVIEW)
#: Cases that are read at once.
MOST = 200

log = structlog.get_logger(__name__)


def settle(case: Case, *, actor: Actor, now: datetime) -> None:
    """Move the case to where its documents and people put it, in the caller's transaction; nothing when it is there already.

    One at a time for each case: two who decide about its last two documents at once would each see the other's as
    undecided, and neither would move the case. The lock lets rows that refer to the case be written. While somebody of it
    was found to stand on a sanctions list, or the customer is known as a child, it is not approved, whatever its documents
    say; our promise stands still while nobody may decide about what is with us (``_rests``).
    """
    read = [
        "state",
        "relation",
        "customer_type",
        "rekyc_on",
        "verified_at",
        "risk",
        "decided_at",
        "nobody_else_at",
        "frozen_at",
    ]
    case.refresh_from_db(fields=read, from_queryset=Case.objects.select_for_update(no_key=True))
    needs = needs_of(case, now=now)
    risk_ratings.rate(case, needs, actor=actor, now=now)
    target = CaseState.REJECTED if case.frozen_at is not None else document_checks.case_target(needs.states)
    if target == CaseState.APPROVED and (is_listed(case) or is_of_a_child(case, None, at=now)):
        target = CaseState.IN_REVIEW
    if target == case.state:
        if target == CaseState.IN_REVIEW:
            _clock(case, needs, target, actor, now)
        elif target == CaseState.APPROVED and case.renewals.filter(closed_at=None).exists():
            _set(case, **_verified(case, needs, _close_renewals(case, actor, now), now))
        return
    before = case.state
    move(case, target, moves=CASE_MOVES, **_dates(case, needs, target, actor, now))
    record(
        AuditKind.KYC_CASE_MOVED,
        actor=actor,
        about=case.owner,
        subject_ref=case.subject_ref,
        facts={"from": before, "to": target},
        at=now,
    )
    _clock(case, needs, target, actor, now)
    if target == CaseState.APPROVED:
        customer_notifications.case_approved(case)


def settle_changed(*, now: datetime) -> int:
    """Settle every approved case that somebody new came to: where their days have run out, it opens again. And each that is
    with us while our promise stands still: whoever was a child may be of age today.

    Each in a transaction of its own: one that fails is logged and left to the next day. Returns how many there were. Safe
    to repeat.
    """
    since = F("decided_at")
    new = Q(parties__ended_at=None) & (Q(parties__added_at__gt=since) | Q(parties__holdings__since__gt=since))
    rests = ~Exists(running_clocks(Concat(Value(Case.OWNER), OuterRef("reference"))))
    due = Q(new, state=CaseState.APPROVED) | Q(rests, state=CaseState.IN_REVIEW)
    found = Case.objects.filter(due).distinct().order_by("pk")
    looked_at = after = 0
    while cases := list(found.filter(pk__gt=after)[:MOST]):
        for case in cases:
            try:
                with transaction.atomic():
                    settle(case, actor=DAILY, now=now)
            except (PortalError, DatabaseError) as error:
                log.warning("kyc.not_settled_yet", case=case.reference, error=type(error).__name__)
        looked_at, after = looked_at + len(cases), cases[-1].pk
    return looked_at


def settle_of_person(*, subject_ref: UUID, at: datetime) -> None:
    """Registered in ``ports.became_child`` and ``ports.protection_ended``: their case, and each in which they stand behind the
    customer, is settled in the caller's transaction, so that no approval outlives the note and no promise runs that nobody
    may keep.
    """
    refs = refs_of(subject_ref)
    owns = Membership.objects.filter(role=MemberRole.OWNER, ended_at=None, principal__subject__ref__in=refs)
    behind = Party.objects.filter(ended_at=None, principal__subject__ref__in=refs)
    theirs = Q(customer__in=owns.values("customer")) | Q(pk__in=behind.values("case"))
    for case in Case.objects.filter(theirs, state__in=WITH_US).select_related("customer").order_by("pk"):
        settle(case, actor=NOTED, now=at)


def _set(case: Case, **values: Any) -> None:
    Case.objects.filter(pk=case.pk).update(**values)
    case.refresh_from_db(fields=list(values))


def _dates(case: Case, needs: Needs, target: str, actor: Actor, now: datetime) -> dict[str, Any]:
    if target == CaseState.IN_REVIEW:
        return {"review_since": now}
    if target == CaseState.OPEN:
        # The day of re-KYC stays until the next approval: till then every document of before may be sent anew.
        return {"decided_at": None, "retained_until": None}
    dates: dict[str, Any] = {"decided_at": now, "retained_until": _retained_until(case, now)}
    if target == CaseState.APPROVED:
        dates |= _verified(case, needs, _close_renewals(case, actor, now), now)
    return dates


def _verified(case: Case, needs: Needs, renewed: Sequence[Renewal], now: datetime) -> dict[str, Any]:
    """When everything was last looked at, and when it is next: by risk, or earlier where a document ends."""
    is_over = not renewed and case.rekyc_on is not None and case.rekyc_on <= day(now)
    is_whole = is_over or any(map(looks_at_all, renewed))
    verified_at = now if is_whole or case.verified_at is None else case.verified_at
    ends = period_ends(verified_at, case.risk, on=day(now))
    if ends <= day(now):  # the risk was raised meanwhile
        ends = soonest(now=now)
    return {"verified_at": verified_at, "rekyc_on": min([ends, *needs.last_days])}


def _close_renewals(case: Case, actor: Actor, now: datetime) -> list[Renewal]:
    """Nothing is due again any more: the renewals are done. Returns them."""
    renewals = list(Renewal.objects.filter(case=case, closed_at=None).select_related("document"))
    Renewal.objects.filter(pk__in=[one.pk for one in renewals]).update(closed_at=now)
    for one in renewals:
        record(
            AuditKind.KYC_RENEWAL_CLOSED,
            actor=actor,
            about=case.owner,
            subject_ref=case.subject_ref,
            facts={
                "case": case.reference,
                "reason_code": one.reason,
                "document": one.document.reference if one.document else "",
            },
            at=now,
        )
    return renewals


def _retained_until(case: Case, now: datetime) -> date | None:
    """The day until which most of it is kept at least, if the relation ended today."""
    found = retention_classes.kept(case, retention_classes.class_of(case.relation), now=now)
    return kept_through(day(now), found.by.period) if found else None


def _clock(case: Case, needs: Needs, target: str, actor: Actor, now: datetime) -> None:
    """Our promise runs while the case is with us, rests while it is the customer's turn or nobody may decide, and ends with
    the decision.
    """
    owner = case.owner
    if target == CaseState.OPEN or (target == CaseState.IN_REVIEW and _rests(case, needs, now)):
        deadlines.pause(owner=owner, at=now, actor=actor, now=now)
    elif target == CaseState.IN_REVIEW:
        if running_clocks(owner).exists():
            return
        deadlines.start(
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
        deadlines.resume(owner=owner, at=now, actor=actor, now=now)
    else:
        deadlines.stop(owner=owner, at=now, actor=actor, now=now)


def _rests(case: Case, needs: Needs, now: datetime) -> bool:
    """Whether what is with us is about somebody known as a child: nothing is decided about it while that note stands."""
    with_us = {task.party for task in needs.tasks if task.turn == Turn.US and task.party is not None}
    return any(is_of_a_child(case, party, at=now) for party in (None, *sorted(with_us, key=lambda one: one.pk)))
