"""The clocks of a grievance: started, stopped and read through ``portal.law``; ``due_at`` on the row follows them."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from grievances import rules, selectors, words
from grievances.models import Ticket
from portal.core.actor import Actor
from portal.core.clock import day
from portal.law import selectors as law
from portal.law.models import HouseRule, LegalRule
from portal.law.services import clocks
from portal.law.services.timing import dates_of
from portal.law.states import Regime

#: Kinds of work in ``portal/law/data/clock_plans.toml``: which rules and promises run for them.
ACKNOWLEDGE = "acknowledge"
ANSWER = "answer"


def start(ticket: Ticket, *, regimes: Iterable[str], actor: Actor, at: datetime) -> None:
    """Start every clock in force for a grievance received at ``at``, in the caller's transaction; sets ``due_at``."""
    clocks.start(
        owner=selectors.acknowledge_owner(ticket),
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=ACKNOWLEDGE,
        started_at=at,
        zone=ticket.zone,
        regimes=regimes,
        actor=actor,
    )
    start_answer(ticket, regimes=regimes, actor=actor, at=at)


def start_answer(ticket: Ticket, *, regimes: Iterable[str], actor: Actor, at: datetime) -> None:
    """Start the clocks for the answer of this round. A reopened grievance gets clocks of its own: the old ones stay."""
    clocks.start(
        owner=selectors.answer_owner(ticket),
        subject_ref=ticket.subject_ref,
        rule_keys=None,
        kind=ANSWER,
        started_at=at,
        zone=ticket.zone,
        regimes=regimes,
        actor=actor,
    )
    follow(ticket, now=at)


def stop_acknowledge(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """The person has been told that we have it."""
    clocks.stop(owner=selectors.acknowledge_owner(ticket), at=at, actor=actor)


def stop_answer(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """The answer went out, or the grievance ended: the round's clocks are frozen as they stand."""
    clocks.stop(owner=selectors.answer_owner(ticket), at=at, actor=actor)
    follow(ticket, now=at)


def wait_for_person(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Pause what may pause while the person owes an answer: house promises only; no law's clock here does."""
    clocks.pause(owner=selectors.answer_owner(ticket), at=at, actor=actor)
    follow(ticket, now=at)


def go_on(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """The person answered: paused clocks run again."""
    clocks.resume(owner=selectors.answer_owner(ticket), at=at, actor=actor)
    follow(ticket, now=at)


def follow(ticket: Ticket, *, now: datetime) -> None:
    """Copy the strictest running clock's date to the row, for the queues."""
    due = rules.strictest(selectors.dues(ticket, now=now))
    ticket.due_at = due.due_at if due else None
    ticket.save(update_fields=["due_at"])


def expected_reply(*, now: datetime, zone: str = "Asia/Kolkata") -> str:
    """By which day a grievance sent now is answered, in words: the strictest of the rules and promises in force."""
    plan = clocks.plans()[ANSWER]
    on = day(now)
    rules_now: list[LegalRule | HouseRule] = [
        *law.rules_for_us(plan["rules"], on=on, regimes=[Regime.IN], profile=law.profile(on=on)),
        *law.promises(plan["promises"], on=on),
    ]
    due = min((dates_of(rule, now, zone).due for rule in rules_now), default=None)
    return words.day(due, ZoneInfo(zone)) if due else ""
