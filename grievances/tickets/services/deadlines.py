"""The clocks of a grievance: started, stopped and read through ``portal.kernel.law``; ``due_at`` on the row follows them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from grievances.base import labels, rules, selectors
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets import grievance_status
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import ClockEventKind, Ended, Regime, Role
from portal.kernel.law.models import Clock, ClockEvent, HouseRule, LegalRule
from portal.kernel.law.services import deadline_corrections, deadlines, late_reasons
from portal.kernel.law.services.due_dates import dates_of
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Principal, User

#: Kinds of work in ``portal/kernel/law/data/clock_plans.toml``: which rules and promises run for them.
ACKNOWLEDGE = "acknowledge"
ACKNOWLEDGE_REQUEST = "acknowledge_request"
ANSWER = "answer"
INTERIM = "interim"
APPEAL = "appeal"
EFFECT = "opt_out_effect"
#: Where nobody said where they live.
DEFAULT_ZONE = "Asia/Kolkata"


def start(ticket: Ticket, *, regimes: Iterable[str], actor: Actor, at: datetime) -> None:
    """Start every clock in force for a grievance received at ``at``, in the caller's transaction; sets ``due_at``."""
    deadlines.start(
        owner=selectors.acknowledge_owner(ticket),
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=ACKNOWLEDGE_REQUEST if selectors.is_request(ticket) else ACKNOWLEDGE,
        started_at=at,
        zone=ticket.zone,
        regimes=regimes,
        actor=actor,
    )
    start_answer(ticket, regimes=regimes, actor=actor, at=at)


def start_answer(ticket: Ticket, *, regimes: Iterable[str], actor: Actor, at: datetime, kind: str = "") -> None:
    """Start the clocks for the answer of this round. A reopened grievance gets clocks of its own: the old ones stay.

    ``kind`` is ``APPEAL`` for the round of an appeal; else the ticket's own plan holds.
    """
    deadlines.start(
        owner=selectors.answer_owner(ticket),
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=kind or ticket.plan,
        started_at=at,
        zone=ticket.zone,
        regimes=regimes,
        actor=actor,
    )
    deadlines.start(
        owner=selectors.interim_owner(ticket),
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=INTERIM,
        started_at=at,
        zone=ticket.zone,
        regimes=regimes,
        actor=actor,
    )
    follow(ticket, now=at)


def start_as_request(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """It turned out to be a request: the clocks of its plan start from the receipt, in the caller's transaction, beside those
    that run. That it arrived was said already. Sets ``due_at``.
    """
    for owner, kind in (
        (selectors.acknowledge_owner(ticket), ACKNOWLEDGE_REQUEST),
        (selectors.answer_owner(ticket), ticket.plan),
    ):
        deadlines.start(
            owner=owner,
            subject_ref=ticket.subject_ref,
            rule_keys=None,
            kind=kind,
            started_at=ticket.received_at,
            zone=ticket.zone,
            regimes=people.regimes_of(ticket.subject_ref),
            actor=actor,
            now=at,
        )
    if ticket.acknowledged_at is not None:
        stop_acknowledge(ticket, actor=actor, at=ticket.acknowledged_at)
    follow(ticket, now=at)


def start_missing(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """The person is known by now: the clocks of their laws that did not start with the receipt start from it, in the
    caller's transaction (CCPA regulations 7021(b); GDPR Art 12(3)). Sets ``due_at``.
    """
    regimes = people.regimes_of(ticket.subject_ref)
    for owner in (selectors.acknowledge_owner(ticket), *selectors.answer_owners(ticket)):
        deadlines.start_missing(owner=owner, zone=ticket.zone, regimes=regimes, actor=actor, now=at)
    follow(ticket, now=at)


def stop_acknowledge(ticket: Ticket, *, actor: Actor, at: datetime, ended: str = Ended.DONE) -> None:
    """The person has been told that we have it; or nobody needs to be any more."""
    deadlines.stop(owner=selectors.acknowledge_owner(ticket), at=at, actor=actor, ended=ended)


def effect_owner(ticket: Ticket) -> str:
    """The label of the clock that runs from the proof of who asks until an opt-out holds."""
    return f"grievances.effect:{ticket.reference}"


def start_effect(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """It is shown who opts out: from now on it has to hold, whenever it is answered. In the caller's transaction."""
    deadlines.start(
        owner=effect_owner(ticket),
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=EFFECT,
        started_at=at,
        zone=ticket.zone,
        regimes=[Regime.IN],
        actor=actor,
    )


def stop_effect(ticket: Ticket, *, actor: Actor, at: datetime, ended: str = Ended.DONE) -> None:
    """It holds, or will not: its clock ends. Nothing where none runs."""
    deadlines.stop(owner=effect_owner(ticket), at=at, actor=actor, ended=ended)


def first_word(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Somebody here wrote to the person: the clock for the interim reply has done its work."""
    deadlines.stop(owner=selectors.interim_owner(ticket), at=at, actor=actor)


def stop_answer(ticket: Ticket, *, actor: Actor, at: datetime, ended: str = Ended.DONE, late_because: str = "") -> None:
    """The answer went out, or nothing is owed any more: its clocks are frozen as they stand.

    Those of an earlier round still run where the person appealed because we were late.
    """
    for owner in selectors.answer_owners(ticket):
        deadlines.stop(owner=owner, at=at, actor=actor, ended=ended, late_because=late_because)
    deadlines.stop(owner=selectors.interim_owner(ticket), at=at, actor=actor, ended=ended, late_because=late_because)
    stop_effect(ticket, actor=actor, at=at, ended=ended)
    follow(ticket, now=at)


def is_late(ticket: Ticket, *, at: datetime) -> bool:
    """Whether a date for the answer has passed, in this round or in one that an appeal left open."""
    return bool(late_ones([ticket], at=at))


def late_ones(tickets: Iterable[Ticket], *, at: datetime) -> set[int]:
    """The keys of those for whose answer a date has passed (``is_late``), in one query."""
    of = {owner: ticket.pk for ticket in tickets for owner in selectors.answer_owners(ticket)}
    return {of[owner] for owner in late_reasons.late_owners(of, at=at)}


def require_reason(ticket: Ticket, *, late_because: str, at: datetime) -> None:
    """Raises Refused (LATE_REASON) where a date for the answer has passed and nobody says why."""
    late_reasons.require_reason(selectors.answer_owners(ticket), late_because=late_because, at=at)


def correct_receipt(
    *, ticket: Ticket, received_at: datetime, reason_code: str, by: User, actor: Actor, at: datetime
) -> None:
    """Count every clock of a grievance from the moment at which it really reached us, on whichever way, in one transaction.

    The old clocks stay visible (``portal.kernel.law.services.deadline_corrections``). Raises NotAllowed for a role that may not assign,
    Refused for a reopened grievance (ROUND), whose time began with the reopening, and as ``correct_start`` does.
    """
    access.require(by, GrievancePermission.TICKET_ASSIGN)
    if ticket.round != 1:
        raise Refused(_("It was opened again since: its time began with that."), code="ROUND")
    with access.acting(by, GrievancePermission.TICKET_ASSIGN):
        work = selectors.work_of(ticket)
        wrong = [each for each in work if selectors.begins_elsewhere(*each, at=received_at)]
        for owner, kind in wrong or work[:1]:
            if not wrong or selectors.begins_elsewhere(owner, kind, at=received_at):  # else it moved along already
                _begin_at(ticket, owner, kind, received_at, reason_code=reason_code, actor=actor, at=at)


def move_along(ticket: Ticket, moved: Sequence[Clock], *, actor: Actor, at: datetime) -> None:
    """One kind of a grievance's clocks counts from another moment now: every other kind that began at the old one does
    too, for the same reason, in the caller's transaction. Raises as ``correct_start`` does.
    """
    old = {clock.corrects.started_at for clock in moved if clock.corrects is not None}
    event = ClockEvent.objects.filter(clock__owner=moved[0].owner, kind=ClockEventKind.CORRECTED).latest("pk")
    for owner, kind in selectors.work_of(ticket):
        if selectors.began(owner, kind).filter(started_at__in=old).exists():
            start = moved[0].started_at
            _begin_at(ticket, owner, kind, start, reason_code=event.reason_code, actor=actor, at=at)


def _begin_at(
    ticket: Ticket, owner: str, kind: str, start: datetime, *, reason_code: str, actor: Actor, at: datetime
) -> None:
    deadline_corrections.correct_start(
        owner=owner,
        kind=kind,
        started_at=start,
        reason_code=reason_code,
        regimes=people.regimes_of(ticket.subject_ref),
        actor=actor,
        now=at,
    )


def passed_on(ticket: Ticket, *, regimes: Iterable[str], actor: Actor, at: datetime) -> None:
    """The client has it: the clock of a processor's part, which began with the receipt, is written down and ends."""
    owner = f"grievances.client:{ticket.reference}"
    deadlines.start(
        owner=owner,
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=ANSWER,
        started_at=ticket.received_at,
        zone=ticket.zone,
        regimes=regimes,
        actor=actor,
        role=Role.PROCESSOR,
    )
    deadlines.stop(owner=owner, at=at, actor=actor)


def wait_for_person(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Pause what may pause while the person owes an answer: house promises only; no law's clock here does."""
    deadlines.pause(owner=selectors.answer_owner(ticket), at=at, actor=actor)
    follow(ticket, now=at)


def go_on(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """The person answered: paused clocks run again."""
    deadlines.resume(owner=selectors.answer_owner(ticket), at=at, actor=actor)
    follow(ticket, now=at)


def follow(ticket: Ticket, *, now: datetime) -> None:
    """Copy the strictest running clock's date to the row, for the queues."""
    due = rules.strictest(grievance_status.dues(ticket, now=now))
    runs = due is not None and (due.is_late or not due.is_paused)
    ticket.due_at = due.due_at if due is not None and runs else None
    ticket.save(update_fields=["due_at"])


def expected_reply(
    *, now: datetime, kind: str = ANSWER, principal: Principal | None = None, ticket: Ticket | None = None
) -> str:
    """By which day a grievance (an appeal, a request) sent now is answered, in words; empty where nothing says (``reply_due``)."""
    due = reply_due(now=now, kind=kind, principal=principal, ticket=ticket)
    return labels.day(*due) if due is not None else ""


def reply_due(
    *, now: datetime, kind: str = ANSWER, principal: Principal | None = None, ticket: Ticket | None = None
) -> tuple[datetime, ZoneInfo] | None:
    """When a grievance (an appeal, a request) sent now is to be answered, and the zone of that date: the strictest of the rules
    and promises in force, by the laws and in the zone of who is signed in, or of whose ``ticket`` it is; of a stranger by India's.
    """
    zone, regimes = DEFAULT_ZONE, {Regime.IN}
    if ticket is not None:
        zone, regimes = ticket.zone, people.regimes_of(ticket.subject_ref)
    elif principal is not None:
        zone, regimes = principal.zone, people.regimes_of(principal.subject.ref)
    plan = deadlines.plans()[kind]
    on = day(now)
    rules_now: list[LegalRule | HouseRule] = [
        *law.rules_for_us(plan["rules"], on=on, regimes=regimes, profile=law.profile(on=on)),
        *law.promises(plan["promises"], on=on),
    ]
    due = min((dates_of(rule, now, zone).due for rule in rules_now), default=None)
    return (due, ZoneInfo(zone)) if due else None
