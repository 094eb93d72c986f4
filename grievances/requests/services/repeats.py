"""Repeated requests: the rows of the rulebook that limit them, the first request that is offered, and what may be refused.

Reads only. No row is decided here: where a law names no number, our own time (house rule) says what is recent.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from grievances.base.choices import OPEN_STATES
from grievances.base.models.requests import RightsRequest
from grievances.base.request_choices import Capacity, RequestState, Right
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.models import LegalRule
from portal.kernel.law.terms import Unit
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Principal

#: How long an answer is called recent where no law names a time (house rule).
RECENT = "requests.recently_answered"
#: The rows of laws about repeats, by the rights that they are about.
LIMITS: Mapping[str, Collection[str]] = {
    "IN-DPDP-REPEAT": frozenset(Right),
    "EU-12-REPEAT": frozenset(Right),
    "CA-REPEAT": frozenset({Right.ACCESS, Right.RECIPIENTS}),
}
MONTHS = {Unit.MONTH.value: 1, Unit.YEAR.value: 12}


def limits(*, subject_refs: Iterable[UUID], right: str, at: datetime) -> list[LegalRule]:
    """The rules about repeats of this right, in force on that day, of the laws that protect the person; by key."""
    keys = [key for key, rights in LIMITS.items() if right in rights]
    regimes = {regime for ref in subject_refs for regime in people.regimes_of(ref)}
    on = clock.day(at)
    found = law.rules_for_us(keys, on=on, regimes=regimes, profile=law.profile(on=on))
    return sorted(found, key=lambda rule: rule.key)


def recent_since(rules: Iterable[LegalRule], *, at: datetime) -> datetime:
    """Since when an answer is recent: the longest of our own time and those that the laws name."""
    own = at - law.house_rule(RECENT, on=clock.day(at)).duration
    return min([own, *(_before(rule, at) for rule in rules if rule.amount is not None)])


def _before(rule: LegalRule, at: datetime) -> datetime:
    if rule.unit not in MONTHS:
        return at - rule.duration
    first = add_months(clock.day(at), -int(rule.amount or 0) * MONTHS[rule.unit])
    return at - timedelta(days=(clock.day(at) - first).days)


def earlier_request(*, principal: Principal, right: str, at: datetime) -> RightsRequest | None:
    """The person's last request for the same thing about themselves that is open or was answered recently (``recent_since``);
    None for none. It is offered, and stops no new one.
    """
    refs = people.refs_of(principal.subject.ref)
    since = recent_since(limits(subject_refs=[principal.subject.ref], right=right, at=at), at=at)
    mine = RightsRequest.objects.filter(right=right, capacity=Capacity.SELF, ticket__subject_ref__in=refs)
    is_open = Q(decided_at=None, ticket__state__in=OPEN_STATES)
    is_open_there = Q(joined_to__decided_at=None, joined_to__ticket__state__in=OPEN_STATES)
    is_recent = Q(decided_at__gte=since) | Q(joined_to__decided_at__gte=since)
    found = mine.filter(is_open | is_open_there | is_recent).select_related("ticket")
    return found.order_by("-ticket__received_at", "-pk").first()


def where_answered(request: RightsRequest) -> RightsRequest:
    """The request that holds the answer to this one: itself, or the one within which it is answered. Reads only."""
    while request.joined_to is not None:  # each was older than the one that joined it, so this ends
        request = request.joined_to
    return request


def may_be_refused(request: RightsRequest, *, at: datetime) -> bool:
    """Whether a request may be refused because the same was answered before: only where a law that protects the person limits
    repeats by a number, its row is confirmed, and so many others came in its time. A law that names no number refuses nothing.
    """
    ticket = request.ticket
    earlier = answered_before(request)
    for rule in limits(subject_refs=[ticket.subject_ref], right=request.right, at=at):
        if not rule.is_confirmed or rule.amount is None:
            continue
        received = earlier.filter(ticket__received_at__gte=_before(rule, ticket.received_at))
        if received.count() >= int(next(iter(rule.values), 1)):
            return True
    return False


def answered_before(request: RightsRequest) -> QuerySet[RightsRequest]:
    """The requests of the person about themselves for the same thing that came before this one and were granted, the last one
    first. Of a request for somebody else the ticket says who asks, and not whose data it is: it is no repeat.
    """
    ticket = request.ticket
    if request.capacity != Capacity.SELF:
        return RightsRequest.objects.none()
    at_once = Q(ticket__received_at=ticket.received_at, pk__lt=request.pk)
    found = RightsRequest.objects.filter(
        Q(ticket__received_at__lt=ticket.received_at) | at_once,
        right=request.right,
        capacity=Capacity.SELF,
        state__in=(RequestState.GRANTED, RequestState.PARTLY),
        ticket__subject_ref__in=people.refs_of(ticket.subject_ref),
    )
    return found.select_related("ticket").order_by("-ticket__received_at", "-pk")
