"""What stops the end of one person's records at the last moment: a hold, a dispute, a change, a notice not yet delivered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import THEMSELVES, ActorKind
from portal.core.erasing import Eraser
from portal.retention import deciding, selectors
from portal.retention.models import ErasureItem, ErasureRun
from portal.retention.services import planning, telling
from portal.retention.states import Cause, ItemState

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

    In the transaction that erases it. What is asked: holds and disputes always; for what two people approved also whether
    rule and records are those that they saw, whether anything happened to the person's data since, and the notice.
    """
    step, subject_ref = at.item.step, at.item.subject_ref
    if selectors.is_held(subject_ref, step.retention_class):
        return ItemState.HELD
    refs = deciding.refs_of_person(subject_ref)
    if any(reference != at.run.because for reference in deciding.disputes_of(refs)):
        return ItemState.DISPUTED
    if not at.run.needs_approval:
        return None
    if _is_other_than_seen(at):
        return ItemState.CHANGED
    happened = _happened_since(at, refs)
    if happened is not None:
        return ItemState.CAME_BACK if happened in THEMSELVES and at.item.notice_id else ItemState.CHANGED
    return ItemState.TOLD if telling.must_wait(at.item, now=at.now) else None


def _is_other_than_seen(at: Moment) -> bool:
    """Whether the rule, the laws behind it or the records are others than when the plan was made."""
    today = clock.day(at.now)
    step = at.item.step
    rule = selectors.rule_for(step.retention_class, on=today)
    if rule is None or rule.sha256 != step.rule_sha256:
        return True
    cutoff = planning.cutoff_of(rule, on=today, is_asked=at.run.cause != Cause.SCHEDULE)
    if cutoff is not None and (at.item.before is None or cutoff < at.item.before):
        return True  # a law asks for longer than it did
    return planning.seen_sha256(at.eraser, rule, at.item.subject_ref, at.item.before) != at.item.seen_sha256


def _happened_since(at: Moment, refs: set[UUID]) -> str | None:
    """Who did something about this person since the plan was made; None for nobody. Looking changes nothing."""
    events = AuditEvent.objects.filter(subject_ref__in=refs, at__gt=at.run.planned_at)
    events = events.exclude(actor_kind=ActorKind.SYSTEM).exclude(kind__startswith="retention.")
    if at.run.because:
        events = events.exclude(about__contains=at.run.because)
    found = (
        actor_kind
        for kind, actor_kind in events.order_by("pk").values_list("kind", "actor_kind")
        if not kind.endswith(LOOKS)
    )
    return next(found, None)
