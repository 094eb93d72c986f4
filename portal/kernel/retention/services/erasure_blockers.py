"""What stops the end of one person's records at the last moment: a hold or an order, a dispute, a change, a notice not yet delivered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import advisory_locks, clock
from portal.kernel.core.actor import THEMSELVES, ActorKind
from portal.kernel.core.erasure_api import Eraser
from portal.kernel.core.errors import Unavailable
from portal.kernel.retention import retention_decisions, selectors
from portal.kernel.retention.choices import Cause, ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, RetentionRule
from portal.kernel.retention.retention_decisions import Stopped
from portal.kernel.retention.services import erasure_notices, erasure_plans

#: Acts that look at something and change nothing.
LOOKS = (".opened", ".viewed", ".downloaded", ".fetched", ".revealed", ".exported")


@dataclass(frozen=True)
class Moment:
    """One item, right before its end."""

    run: ErasureRun
    item: ErasureItem
    eraser: Eraser
    now: datetime


def stops(at: Moment) -> ItemState | None:
    """Why the item may not be erased now; TOLD when it has to wait for a notice. None: nothing stops it.

    In the transaction that erases it. What is asked: holds and disputes always, under every reference of the person; for
    what two people approved also whether rule and records are those that they saw, whether anything happened to the
    person's data since, and the notice.
    """
    groups = retention_decisions.refs_concerned([at.item.subject_ref, *(UUID(ref) for ref in at.run.refs)])
    refs = set().union(*groups.values())
    advisory_locks.take(
        *advisory_locks.of_keeping(refs)
    )  # no order about the person is entered before the end is committed
    stopped = list(retention_decisions.stopped_in(groups).values())
    retention_class = at.item.step.retention_class
    by_schedule = at.run.cause == Cause.SCHEDULE
    if any(each.is_held(retention_class) or (by_schedule and each.claims_to(retention_class)) for each in stopped):
        return ItemState.HELD
    if any(each.disputes - {at.run.because} for each in stopped):
        return ItemState.DISPUTED
    is_claimed = by_schedule and _is_claimed_since(at, stopped)
    if not at.run.needs_approval:
        return ItemState.CHANGED if is_claimed else None
    if is_claimed or _is_other_than_seen(at):
        return ItemState.CHANGED
    happened = _happened_since(at, refs)
    if happened is not None:
        return ItemState.CAME_BACK if happened in THEMSELVES and at.item.notice_id else ItemState.CHANGED
    return _waits_for_notice(at)


def require_not_ending(subject_ref: UUID) -> None:
    """Take the turn in which it is settled what of the subject is kept, until the caller's transaction ends, for somebody who
    adds a record of them. Raises Unavailable while the person's data is being erased at their wish, or as a child's.

    A room that is done already would not be asked again: what came to it now would be left over, without its person.
    """
    refs = retention_decisions.refs_concerned([subject_ref])[subject_ref]
    advisory_locks.take(*advisory_locks.of_keeping(refs))
    ending = ErasureItem.objects.filter(subject_ref__in=refs, step__run__state=RunState.RUNNING)
    if ending.exclude(step__run__cause=Cause.SCHEDULE).exists():
        raise Unavailable(_("What is kept here is being erased at this moment. Try again in ten minutes."))


def _is_claimed_since(at: Moment, stopped: Iterable[Stopped]) -> bool:
    """Whether a named legal claim needs a record that the plan of the schedule does not spare."""
    with_claims = [each for each in stopped if each.claims]
    if not with_claims:
        return False
    records = list(at.eraser.records(subject_refs=[at.item.subject_ref]))
    retention_class = at.item.step.retention_class
    needed = {each.about for one in with_claims for each in erasure_plans.claimed_among(records, one, retention_class)}
    return not needed <= set(at.item.spared or ())


def _waits_for_notice(at: Moment) -> ItemState | None:
    """TOLD while a due notice may still arrive; UNTOLD once a law asks for one and the time for a way to the person is over."""
    if not erasure_notices.must_wait(at.item, now=at.now):
        return None
    return ItemState.UNTOLD if erasure_notices.is_given_up(at.item, now=at.now) else ItemState.TOLD


def _is_other_than_seen(at: Moment) -> bool:
    """Whether the rule, the laws behind it or the records are others than when the plan was made."""
    rule = selectors.rule_for(at.item.step.retention_class, on=clock.day(at.now))
    if rule is None or rule.sha256 != at.item.step.rule_sha256:
        return True
    records = list(at.eraser.records(subject_refs=[at.item.subject_ref]))
    if erasure_plans.seen_sha256(rule, records, at.item.before, at.item.spared or ()) != at.item.seen_sha256:
        return True
    if at.item.fields and not set(at.item.fields) <= _fields_going(at):
        return True
    return _is_kept_longer(at, rule)


def _fields_going(at: Moment) -> frozenset[str]:
    person = {UUID(ref) for ref in at.run.refs}
    decided = retention_decisions.decide(person, now=at.now, asked_at=at.run.asked_at, only=at.eraser)
    return retention_decisions.fields_going(each for each in decided if each.record.subject_ref == at.item.subject_ref)


def _is_kept_longer(at: Moment, rule: RetentionRule) -> bool:
    """Whether a law asks for longer than it did."""
    if at.run.cause == Cause.SCHEDULE:
        return at.item.before is None or erasure_plans.cutoff_of(rule, on=clock.day(at.now)) < at.item.before
    person = {UUID(ref) for ref in at.run.refs}
    return any(
        each.verdict.is_kept and each.record.subject_ref == at.item.subject_ref
        for each in retention_decisions.decide(person, now=at.now, asked_at=at.run.asked_at, only=at.eraser)
        if erasure_plans.goes(each.record, at.item.before, at.item.spared or ())
    )


def _happened_since(at: Moment, refs: set[UUID]) -> str | None:
    """Who did something about this person since the plan was made; None for nobody. Looking changes nothing.

    Whoever asked for the end reads our letter meanwhile: of their own acts only the records tell (``_is_other_than_seen``).
    """
    events = AuditEvent.objects.filter(subject_ref__in=refs, at__gt=at.run.planned_at)
    events = events.exclude(actor_kind=ActorKind.SYSTEM).exclude(kind__startswith="retention.")
    if at.run.because:
        events = events.exclude(about__contains=at.run.because).exclude(actor_kind__in=THEMSELVES)
    found = (
        actor_kind
        for kind, actor_kind in events.order_by("pk").values_list("kind", "actor_kind")
        if not kind.endswith(LOOKS)
    )
    return next(found, None)
