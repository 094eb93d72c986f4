"""What was wrong about a clock and is put right with a reason: its start, and that nobody said why it was late."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock as present
from portal.kernel.core import date_format, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.law import selectors
from portal.kernel.law.choices import ClockEventKind, ClockState, Ended, LateReason, Regime, Role, StartReason
from portal.kernel.law.models import Clock, ClockEvent
from portal.kernel.law.rules import clock_state, next_look
from portal.kernel.law.services import deadlines, due_dates
from portal.kernel.law.services.deadline_log import audit, clocks_of, dues, keys, note

#: No two time zones of the world are further apart.
WIDEST_ZONES = timedelta(hours=26)
_CHANGED = gettext_lazy("This deadline was stopped or changed a moment ago. Load the page again.")


def correct_start(
    *,
    owner: str,
    kind: str,
    started_at: datetime,
    reason_code: str,
    actor: Actor,
    zone: str = "",
    regimes: Iterable[str] | None = None,
    now: datetime | None = None,
) -> list[Clock]:
    """Count one kind of work of an owner from another moment, in one transaction; returns the clocks that count now.

    The old clocks stay as they were, ended as ``corrected``; each new one names the one it stands for. The rules are
    those in force on the new day, so that a start moved over the first day of a law changes the law too. Pauses, an
    extension and the stop of an old clock hold for the new one: an answer given stays given, and may turn out late.
    ``zone`` and ``regimes`` are those of the old clocks where they are not given.

    The room of the owner follows in the same transaction (``ClockOwner``, sweeping).

    Raises NotFound where the owner has no such clock, LostRace where somebody corrected it meanwhile, Refused for a moment
    that lies in the future (FUTURE) or after the stop (AFTER_END), is the present start (SAME), comes without one of
    ``choices.StartReason`` (NO_REASON) or with one that does not fit the way it moves (DIRECTION, ZONES), or is later than
    both the present start and the portal's own record of the work (FILED); UnknownZone for a zone nobody knows.
    """
    now = now or present.now()
    if reason_code not in StartReason.values:
        raise Refused(_("Say why the start was wrong."), code="NO_REASON")
    if started_at > now:
        raise Refused(_("Nothing can have reached us in the future. Enter an earlier time."), code="FUTURE")
    with transaction.atomic():
        due_dates.lock_owner(owner)
        old = _present_series(owner, kind)
        role = _role(old, kind)
        if any(clock.stopped_at is not None and clock.stopped_at < started_at for clock in old):
            raise Refused(_("It was done before that moment. Enter an earlier one."), code="AFTER_END")
        if all(clock.started_at == started_at and zone in ("", clock.zone) for clock in old):
            raise Refused(_("It counts from this moment already."), code="SAME")
        _require_fits(old, started_at, reason_code)
        for clock in old:
            _end(clock, at=now)
        note(old, ClockEventKind.CORRECTED, at=started_at, actor=actor, now=now, reason_code=reason_code)
        fresh = deadlines.start(
            owner=owner,
            subject_ref=old[0].subject_ref,
            rule_keys={*_planned(kind, role), *(clock.rule_key for clock in old)},
            kind=kind,
            started_at=started_at,
            zone=zone or old[0].zone,
            regimes=_regimes(old) if regimes is None else regimes,
            actor=actor,
            now=now,
            role=role,
        )
        for clock, before in _pairs(fresh, old):
            _take_over(clock, before or old[0], pair=before is not None, actor=actor, now=now)
        facts = {
            "kind": kind,
            "rules": keys(fresh),
            "began_at": present.stamp(old[0].started_at),
            "started_at": present.stamp(started_at),
            "reason_code": reason_code,
            "dues": dues(fresh),
        }
        found = sorted(fresh, key=lambda clock: (clock.due_at, clock.pk))
        for room in ports.clock_owners:
            if room.owns(owner) and hasattr(room, "corrected"):
                room.corrected(found, actor=actor, now=now)
        audit(AuditKind.LAW_CLOCK_CORRECTED, owner, old[0].subject_ref, actor, facts, now)
    return found


def explain_late(*, clock: Clock, reason_code: str, actor: Actor, now: datetime | None = None) -> Clock:
    """Keep with a late clock why it was late, with its event, in one transaction. Another reason takes its place.

    Raises Refused where nothing is late (NOT_LATE) and for a reason that is none of ``choices.LateReason`` (NO_REASON).
    """
    now = now or present.now()
    if reason_code not in LateReason.values:
        raise Refused(_("Say why it was late."), code="NO_REASON")
    if not clock_state(clock, now).is_late or clock.ended == Ended.CORRECTED:
        raise Refused(_("This deadline was not missed."), code="NOT_LATE")
    clock.late_because = reason_code
    with transaction.atomic():
        _claim(clock, late_because=reason_code)
        note([clock], ClockEventKind.EXPLAINED, at=now, actor=actor, now=now, reason_code=reason_code)
        facts = {"rule": clock.rule_key, "kind": clock.kind, "reason_code": reason_code}
        audit(AuditKind.LAW_CLOCK_EXPLAINED, clock.owner, clock.subject_ref, actor, facts, now)
    return clock


def _present_series(owner: str, kind: str) -> list[Clock]:
    """The clocks that count, locked: those that run, else those that began last. Earlier ones of the same work are past.

    Raises NotFound; LostRace where somebody corrected them while this waited for its turn.
    """
    rows = clocks_of(owner).filter(kind=kind)
    counting = list(rows.exclude(ended=Ended.CORRECTED).values_list("pk", flat=True))
    # By their keys: rows that are corrected meanwhile would fit no condition any more, and past work seem present.
    found = list(rows.filter(pk__in=counting).select_for_update(of=("self",)))
    if not found:
        raise NotFound(_("Deadline not found."))
    if any(clock.ended == Ended.CORRECTED for clock in found):
        raise LostRace(_CHANGED)
    unstopped = [clock for clock in found if clock.state != ClockState.STOPPED]
    last = max(clock.started_at for clock in found)
    return unstopped or [clock for clock in found if clock.started_at == last]


def _require_fits(old: Sequence[Clock], started_at: datetime, reason_code: str) -> None:
    """The reason has to be true of the way it moves, and what was filed here by then did not reach us later."""
    begun = min(clock.started_at for clock in old)
    if reason_code == StartReason.EARLIER and started_at >= begun:
        raise Refused(
            _(
                "This moment is not earlier than the one it counts from. Enter an earlier one, or choose another "
                "reason."
            ),
            code="DIRECTION",
        )
    if reason_code == StartReason.WRONG_ZONE and abs(started_at - begun) > WIDEST_ZONES:
        raise Refused(
            _("No two time zones are that far apart. Check the time, or choose another reason."), code="ZONES"
        )
    if started_at > begun and started_at > (filed := _filed_at(old)):
        said = _("It was written down here on %(moment)s: it cannot have reached us later. Enter an earlier time.")
        raise Refused(said % {"moment": date_format.moment(filed)}, code="FILED")


def _filed_at(old: Sequence[Clock]) -> datetime:
    """When the portal itself wrote the work down: its first clocks, or what the owner's room knows to be earlier."""
    owner, first = old[0].owner, list(old)
    while any(clock.corrects is not None for clock in first):
        first = [clock.corrects or clock for clock in first]
    events = ClockEvent.objects.filter(clock__in=first, kind=ClockEventKind.STARTED)
    found = [events.earliest("recorded_at").recorded_at]
    for room in ports.clock_owners:
        if room.owns(owner) and hasattr(room, "filed_at"):
            found += [at for at in [room.filed_at(owner)] if at is not None]
    return min(found)


def _role(old: Sequence[Clock], kind: str) -> str:
    """In which role of ours the old clocks ran: as a processor we only pass on."""
    passed_on = set(_planned(kind, Role.PROCESSOR))
    return Role.PROCESSOR if {clock.rule_key for clock in old} <= passed_on else Role.FIDUCIARY


def _planned(kind: str, role: str) -> list[str]:
    plan = deadlines.plans(role).get(kind)
    return [*plan["rules"], *plan["promises"]] if plan else []


def _regimes(old: Sequence[Clock]) -> set[str]:
    """Whose law the old clocks ran under; India's where they were promises only."""
    return {clock.legal_rule.jurisdiction for clock in old if clock.legal_rule} or {str(Regime.IN)}


def _end(clock: Clock, *, at: datetime) -> None:
    """The old clock ends as corrected. One that was stopped keeps the moment at which it was."""
    _claim(clock, state=ClockState.STOPPED, stopped_at=clock.stopped_at or at, ended=Ended.CORRECTED, next_at=None)


def _claim(clock: Clock, **changes: object) -> None:
    """Write to a clock that still stands as it was read. Raises LostRace."""
    if Clock.objects.filter(pk=clock.pk, state=clock.state, ended=clock.ended).update(**changes) != 1:
        raise LostRace(_CHANGED)


def _pairs(fresh: Sequence[Clock], old: Sequence[Clock]) -> list[tuple[Clock, Clock | None]]:
    """Each new clock with the old one it stands for: under the same rule, else one whose rule is not there any more."""
    of_key = {clock.rule_key: clock for clock in old}
    new_keys = {clock.rule_key for clock in fresh}
    left = [clock for clock in old if clock.rule_key not in new_keys]
    return [(clock, of_key.get(clock.rule_key) or (left.pop(0) if left else None)) for clock in fresh]


def _take_over(clock: Clock, before: Clock, *, pair: bool, actor: Actor, now: datetime) -> None:
    """What happened while the old clock counted holds for the new one."""
    same_rule = clock.rule_key == before.rule_key
    clock.corrects = before if pair else None
    if same_rule:
        clock.paused_seconds = before.paused_seconds
        if before.extended_by is not None:
            clock.extended_by = selectors.legal_rule(before.extended_by.key, on=present.day(clock.started_at))
            clock.extended_because = before.extended_because
    dates = due_dates.dates_of_clock(clock)
    clock.due_at, clock.target_at, clock.outer_limit_at = dates.due, dates.target, dates.outer_limit
    clock.next_at = next_look(clock, due_dates.reminders(present.day(now)))
    if before.state == ClockState.PAUSED and same_rule:
        clock.state, clock.paused_at, clock.next_at = ClockState.PAUSED, before.paused_at, None
    elif before.state == ClockState.STOPPED:
        clock.state, clock.stopped_at, clock.next_at = ClockState.STOPPED, before.stopped_at, None
        clock.ended, clock.late_because = before.ended or Ended.DONE, ""
        if clock_state(clock, now).is_late:
            clock.late_because = before.late_because
    clock.save()
    if clock.stopped_at is not None:
        note([clock], ClockEventKind.STOPPED, at=clock.stopped_at, actor=actor, now=now, reason_code=clock.late_because)
