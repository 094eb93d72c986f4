"""Where grievances stand: one answer for pages, letters, queues and the interface, for one or for a page full of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from grievances.base import labels, rules
from grievances.base.choices import OPEN_STATES, ClosedBecause, TicketState
from grievances.base.models.appeal import Appeal
from grievances.base.models.ticket import Ticket
from grievances.base.rules import Due, Facts, NoAppeal, Standing
from grievances.base.selectors import answer_owners, appeal_until, is_request, zone_of
from portal.kernel.core.clock import day
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import clock_state
from portal.kernel.registers.base.selectors import current_entries


def dues(ticket: Ticket, *, now: datetime) -> list[Due]:
    """The clocks for the answer that run, of each round: an appeal makes nothing less late. Law alone says what is late."""
    return dues_of([ticket], now=now)[ticket.pk]


def dues_of(tickets: Sequence[Ticket], *, now: datetime) -> dict[int, list[Due]]:
    """``dues`` of each by its key, in one query."""
    whose = {owner: ticket.pk for ticket in tickets for owner in answer_owners(ticket)}
    found: dict[int, list[Due]] = {ticket.pk: [] for ticket in tickets}
    for clock in Clock.objects.filter(owner__in=whose).exclude(state=ClockState.STOPPED):
        state = clock_state(clock, now)
        if not state.is_stopped:
            due = Due(due_at=clock.due_at, is_late=state.is_late, is_paused=state.is_paused)
            found[whose[clock.owner]].append(due)
    return found


def standing_of(ticket: Ticket, *, now: datetime) -> Standing:
    """Where a grievance stands now."""
    return standings_of([ticket], now=now)[ticket.pk]


def standings_of(tickets: Sequence[Ticket], *, now: datetime) -> dict[int, Standing]:
    """``standing_of`` each by its key, in one query for those that are open."""
    running = dues_of([ticket for ticket in tickets if ticket.state in OPEN_STATES], now=now)
    return {ticket.pk: _standing(ticket, running.get(ticket.pk, []), now) for ticket in tickets}


def _standing(ticket: Ticket, running: list[Due], now: datetime) -> Standing:
    due = rules.strictest(running)
    facts = Facts(
        state=TicketState(ticket.state),
        due=due,
        is_assigned=ticket.assigned_to_id is not None,
        has_paused=any(clock.is_paused for clock in running),
        closed_because=ClosedBecause(ticket.closed_because) if ticket.closed_because else None,
        reopen_until=ticket.reopen_until,
    )
    return rules.standing(
        facts, now=now, days_left=labels.days_between(now, due.due_at, zone_of(ticket)) if due else None
    )


def why_no_appeal(ticket: Ticket, *, now: datetime) -> NoAppeal | None:
    """Why the person cannot go to another officer now; None where they can (``rules.why_no_appeal``)."""
    return rules.why_no_appeal(
        closed_because=ClosedBecause(ticket.closed_because) if ticket.closed_because else None,
        is_late=any(due.is_late for due in dues(ticket, now=now)) and ticket.state in OPEN_STATES,
        has_appealed=ticket.appeals.exists(),
        appeal_until=appeal_until(ticket),
        now=now,
    )


def officer(*, at: datetime) -> str:
    """The Grievance Officer's name from the register, or the office while no name is on record."""
    current = current_entries.current_officer("grievance_officer", on=day(at))
    return str(current.full_name) if current else _("Our Grievance Officer")


def sentence_for_person(ticket: Ticket, *, now: datetime, stands: Standing | None = None) -> str:
    """The sentence of the person's page and letters, in the active language. ``stands``: where it stands, if that is known."""
    known = {ticket.pk: stands} if stands is not None else None
    return sentences_for_person([ticket], now=now, stand=known)[ticket.pk]


def sentences_for_person(
    tickets: Sequence[Ticket], *, now: datetime, stand: dict[int, Standing] | None = None
) -> dict[int, str]:
    """``sentence_for_person`` of each by its key; as many queries for a page full as for one."""
    stand = standings_of(tickets, now=now) if stand is None else stand
    appealed, named, others = _appealed(tickets), officer(at=now), _joined_with(tickets)
    return {
        ticket.pk: labels.for_person(
            stand[ticket.pk],
            officer=_("Another officer") if ticket.pk in appealed else named,
            zone=zone_of(ticket),
            is_request=is_request(ticket),
            other=others.get(ticket.merged_into_id or 0, ""),
        )
        for ticket in tickets
    }


def _joined_with(tickets: Iterable[Ticket]) -> dict[int, str]:
    """The references of those in which any of these go on, by their keys; no query where none was joined."""
    keys = {ticket.merged_into_id for ticket in tickets if ticket.merged_into_id is not None}
    return dict(Ticket.objects.filter(pk__in=keys).values_list("pk", "reference")) if keys else {}


def _appealed(tickets: Iterable[Ticket]) -> set[int]:
    """Those that another officer answers, or has answered, on appeal."""
    return set(Appeal.objects.filter(ticket__in=tickets).values_list("ticket", flat=True))


def sentence_for_staff(ticket: Ticket, *, now: datetime) -> str:
    """The sentence of the staff page and the queue: the date is the one that the person reads."""
    return labels.for_staff(standing_of(ticket, now=now), zone=zone_of(ticket))
