"""Reads that cross rooms or decide access: clocks and standings, whose grievance it is, what the queues show."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from grievances.base import external_bodies, labels, rules
from grievances.base.choices import OPEN_STATES, AppealOutcome, EntryKind, TicketKind
from grievances.base.external_bodies import Body
from grievances.base.models.appeal import Appeal
from grievances.base.models.data_copies import RequestProposal
from grievances.base.models.draft import TicketDraft
from grievances.base.models.requests import RightsRequest
from grievances.base.models.thread import Resolution
from grievances.base.models.ticket import Ticket
from grievances.base.models.tracking import TrackingCode
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import UNDECIDED, Right
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ciphers
from portal.kernel.core.clock import day
from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import parse_reference
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import ClockState, Regime
from portal.kernel.law.explanations import DeadlineInWords, in_words
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.law.rules import Ended, is_late, latest_missed
from portal.kernel.law.services.due_dates import dates_of
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer as Agreed
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer

RowT = TypeVar("RowT", Ticket, RightsRequest)

DRAFT_SECRET = "grievances.draft.secret"  # noqa: S105 - the name of a domain of hashes
CODE_SECRET = "grievances.tracking.secret"  # noqa: S105 - the name of a domain of hashes

#: House promises (``portal/kernel/law/data``), by what they are for.
DRAFT_LIFE = "grievances.draft_life"
CODE_LIFE = "grievances.code_life"
VIEW_LIFE = "grievances.view_life"
REMIND_AGAIN = "grievances.remind_again"
REOPEN_WITHIN = "grievances.reopen_within"
FIRST_NOTICE = "grievances.silence_first_notice"
SECOND_NOTICE = "grievances.silence_second_notice"
APPEAL_WITHIN = "grievances.appeal_within"
SILENCE_CLOSES = "grievances.silence_closes"
BETWEEN_NOTICES = "grievances.silence_between"


def promise(key: str, *, at: datetime) -> timedelta:
    """A house rule's period in force at ``at``. Raises NotFound when no such promise was made."""
    return law.house_rule(key, on=day(at)).duration


def silence_terms(*, at: datetime) -> rules.SilenceTerms:
    """What silence after an answer given at ``at`` leads to: the promises of that day."""
    return rules.SilenceTerms(
        first_notice=promise(FIRST_NOTICE, at=at),
        second_notice=promise(SECOND_NOTICE, at=at),
        close=promise(SILENCE_CLOSES, at=at),
        between=promise(BETWEEN_NOTICES, at=at),
    )


def acknowledge_owner(ticket: Ticket) -> str:
    """The label of the clock that runs until we have said "we have it"."""
    return f"grievances.acknowledgement:{ticket.reference}"


def answer_owner(ticket: Ticket) -> str:
    """The label of the clocks that run until we have answered; a reopened grievance has its own."""
    return ticket.about if ticket.round == 1 else f"{ticket.about}/{ticket.round}"


def answer_owners(ticket: Ticket) -> list[str]:
    """The labels of every round's clocks, the first round's in front."""
    return [ticket.about, *(f"{ticket.about}/{number}" for number in range(2, ticket.round + 1))]


def interim_owner(ticket: Ticket) -> str:
    """The label of the clock that runs until somebody here has written to the person; a reopened grievance has its own."""
    label = f"grievances.interim:{ticket.reference}"
    return label if ticket.round == 1 else f"{label}/{ticket.round}"


def owners_of(ticket: Ticket) -> list[str]:
    """Every label under which a clock of the grievance runs or ran; of first words, that of the present round."""
    return [acknowledge_owner(ticket), interim_owner(ticket), *answer_owners(ticket)]


def reference_of_owner(owner: str) -> str:
    """The reference in a clock's label."""
    return owner.partition(":")[2].partition("/")[0]


def work_of(ticket: Ticket) -> list[tuple[str, str]]:
    """The labels of the present round's clocks with the kind of work that each is for."""
    rows = Clock.objects.filter(owner__in=owners_of(ticket)).exclude(ended=Ended.CORRECTED)
    return sorted(set(rows.values_list("owner", "kind")))


def began(owner: str, kind: str) -> QuerySet[Clock]:
    """The clocks of one kind of work that count: not those whose start was wrong."""
    return Clock.objects.filter(owner=owner, kind=kind).exclude(ended=Ended.CORRECTED)


def begins_elsewhere(owner: str, kind: str, *, at: datetime) -> bool:
    """Whether a clock of this work that counts began at another moment."""
    return began(owner, kind).exclude(started_at=at).exists()


def filed_at(reference: str) -> datetime | None:
    """When the portal wrote a grievance down, on whichever day it had reached us."""
    filed = AuditEvent.objects.filter(about=f"grievances.ticket:{reference}", kind=AuditKind.GRIEVANCES_TICKET_FILED)
    return filed.values_list("at", flat=True).first()


def answer_clocks(ticket: Ticket) -> list[Clock]:
    """The clocks for the answer of the present round that count, strictest first; not those whose start was wrong.

    Without their rules: most who ask want the dates.
    """
    return list(
        Clock.objects.filter(owner=answer_owner(ticket)).exclude(ended=Ended.CORRECTED).order_by("due_at", "pk")
    )


def reply_on(ticket: Ticket) -> date | None:
    """The last day of the strictest clock for the answer, running or stopped, in the person's zone; None without a clock."""
    first = next(iter(answer_clocks(ticket)), None)
    return first.due_at.astimezone(zone_of(ticket)).date() if first is not None else None


def _clocks(owners: list[str]) -> list[Clock]:
    rules_of_clocks = ("legal_rule", "house_rule", "extended_by", "corrects")
    return list(Clock.objects.filter(owner__in=owners).select_related(*rules_of_clocks).order_by("due_at", "pk"))


def deadlines(ticket: Ticket, *, now: datetime) -> list[DeadlineInWords]:
    """The clocks for the answer in words, the strictest first, the others behind it: for the person's page and the API.

    With those of an earlier round that still run, because the person appealed when we were late.
    """
    rows = _clocks(answer_owners(ticket))
    counting = [row for row in rows if row.owner == answer_owner(ticket) or row.state != ClockState.STOPPED]
    return [in_words(clock, now) for clock in counting if clock.ended != Ended.CORRECTED]


def all_deadlines(ticket: Ticket, *, now: datetime) -> list[DeadlineInWords]:
    """Every clock in words, also of earlier rounds and those that were counted from a wrong moment: for staff."""
    return [in_words(clock, now) for clock in _clocks(owners_of(ticket))]


def zone_of(ticket: Ticket) -> ZoneInfo:
    """The zone in which the person reads dates."""
    return ZoneInfo(ticket.zone)


def remind_again_from(ticket: Ticket, *, now: datetime) -> datetime | None:
    """From when the person may remind us again; None where they may now, as far as earlier reminders go."""
    last = ticket.entries.filter(kind=EntryKind.REMINDED).order_by("-at").first()
    again = last.at + promise(REMIND_AGAIN, at=last.at) if last is not None else now
    return again if again > now else None


def appeal_of(ticket: Ticket) -> Appeal | None:
    """The appeal of a grievance, decided or not."""
    return ticket.appeals.select_related("ticket").order_by("-number").first()


def on_appeal(tickets: Iterable[Ticket]) -> set[int]:
    """The keys of those that another officer has still to answer on appeal, in one query."""
    waiting = Appeal.objects.filter(ticket__in=[ticket.pk for ticket in tickets], outcome=AppealOutcome.WAITING)
    return set(waiting.values_list("ticket_id", flat=True))


def appeal_until(ticket: Ticket) -> datetime | None:
    """Until when our last answer can be appealed against: the house rule of the day we gave it. None without an answer."""
    last = ticket.resolutions.order_by("-proposed_at", "-pk").first()
    if last is None:
        return None
    rule = law.house_rule(APPEAL_WITHIN, on=day(last.proposed_at))
    return dates_of(rule, last.proposed_at, ticket.zone).due


def appeals_against(user_id: int | OuterRef) -> QuerySet[Appeal]:
    """The appeals that keep a login out: it answered before, or had the grievance then. ``user_id`` may name the login of an
    outer query.

    Of a request about data both people of an answer, and who had proposed one that waited when the appeal came.
    """
    theirs = OuterRef(user_id) if isinstance(user_id, OuterRef) else user_id
    answered = Resolution.objects.filter(
        ticket=OuterRef("ticket"), entry__round__lt=OuterRef("round"), proposed_by=theirs
    )
    proposed = RequestProposal.objects.filter(
        Q(checked_at=None) | Q(checked_at__gt=OuterRef("made_at")) | ~Q(answer=Agreed.REFUSED),
        request__ticket=OuterRef("ticket"),
        made_at__lte=OuterRef("made_at"),
        made_by=theirs,
    )
    return Appeal.objects.filter(Q(handled_by=user_id) | Exists(answered) | Exists(proposed))


def lacking_for_appeal(ticket: Ticket, *, now: datetime) -> int:
    """How many more people a waiting appeal needs than there are who may answer it: two of a request about data, else one."""
    of_request = is_request(ticket)
    needed = GrievancePermission.REQUEST_ANSWER if of_request else GrievancePermission.TICKET_ANSWER
    against = Exists(appeals_against(OuterRef("pk")).filter(ticket=ticket))
    return max((2 if of_request else 1) - people.staff_with(needed, now=now).exclude(against).count(), 0)


def is_kept_out(ticket: Ticket, user_id: int) -> bool:
    """Whether the appeal of a grievance keeps a login out (``appeals_against``). Without an appeal nobody is."""
    return appeals_against(user_id).filter(ticket=ticket).exists()


def with_kept_out(rows: QuerySet[RowT], *, user_id: int, ticket: str = "pk") -> QuerySet[RowT]:
    """The same rows, each with ``is_kept_out`` for one login, in the same query; ``ticket`` is their way to the ticket."""
    against = Exists(appeals_against(user_id).filter(ticket=OuterRef(ticket)))
    return rows.annotate(is_kept_out=against)  # type: ignore[no-redef]


def outside_bodies(*, at: datetime, ticket: Ticket | None = None, kind: str = "") -> list[Body]:
    """Who outside the house can help when our answer does not, by the rules in force on that day.

    For a grievance those of the person's laws and of its kind; without one those of India for any, or for ``kind``.
    """
    on = day(at)
    regimes = people.regimes_of(ticket.subject_ref) if ticket is not None else {Regime.IN}
    wanted = frozenset(str(regime) for regime in regimes)
    kind = ticket.kind if ticket is not None else kind
    fit = [body for body in external_bodies.bodies() if body.is_for(regimes=wanted, kind=kind) and body.holds(on)]
    rules = law.rules_in_force((body.rule for body in fit if body.rule), on=on)
    return [named for body in fit if (named := _as_of(body, rules, on)) is not None]


def _as_of(body: Body, rules: Mapping[str, LegalRule], on: date) -> Body | None:
    """A body with the days that its rule gives on that day; None where the rule is not in force or not for us."""
    if not body.rule:
        return body
    rule = rules.get(body.rule)
    if rule is None or not law.profile(on=on).applies(rule.switch):
        return None
    return replace(body, days=rule.amount)


def organisations_of(user: Any) -> list[Customer]:
    """The organisations that a signed-in customer acts for, by name; none for others."""
    return list(people.customers_of(user).filter(kind=CustomerKind.ORGANISATION).order_by("name", "pk"))


def known_contacts(user: Any) -> dict[str, str]:
    """The addresses a signed-in customer has confirmed with us, to start the form with; nothing for others."""
    principal = getattr(user, "principal", None) if getattr(user, "is_authenticated", False) else None
    if principal is None:
        return {}
    found = {"email": people.contact_for(principal, "email"), "phone": people.contact_for(principal, "sms")}
    return {kind: str(contact.address) for kind, contact in found.items() if contact and contact.verified_at}


def others_of(ticket: Ticket) -> QuerySet[Ticket]:
    """Other grievances of the same person, newest first."""
    refs = people.refs_of(ticket.subject_ref)
    return Ticket.objects.filter(subject_ref__in=refs).exclude(pk=ticket.pk).order_by("-received_at")


def is_request(ticket: Ticket) -> bool:
    """Whether a ticket is a request about data and no grievance."""
    return bool(ticket.kind == TicketKind.REQUEST)


def request_of(ticket: Ticket) -> RightsRequest | None:
    """The request about data that a ticket carries; None for a grievance."""
    if not is_request(ticket):
        return None
    return RightsRequest.objects.select_related("joined_to__ticket").filter(ticket=ticket).first()


def open_corrections(subject_ref: UUID) -> list[RightsRequest]:
    """What a person asked to have corrected and waits for, oldest first."""
    rows = RightsRequest.objects.filter(ticket__subject_ref__in=people.refs_of(subject_ref), right=Right.CORRECTION)
    return list(rows.filter(state__in=UNDECIDED, ticket__state__in=OPEN_STATES).select_related("ticket").order_by("pk"))


def tickets_of(user: Any, *, refs: Collection[UUID] | None = None) -> QuerySet[Ticket]:
    """The grievances of a signed-in customer; nobody else has any here. ``refs``: theirs, if the caller knows."""
    principal = getattr(user, "principal", None) if getattr(user, "is_authenticated", False) else None
    if principal is None or user.is_staff:
        return Ticket.objects.none()
    known = refs or people.refs_of(principal.subject)
    return Ticket.objects.filter(subject_ref__in=known).select_related("fiduciary")


def ticket_for_user(user: Any, reference: str) -> Ticket | None:
    """The signed-in customer's grievance with this reference, or None."""
    return tickets_of(user).filter(reference=reference).first()


def ticket_for_view(secret: str, reference: str, *, now: datetime) -> Ticket | None:
    """The grievance a used tracking code has opened and still holds open, or None."""
    code = tracking_code(secret)
    if code is None or code.ticket is None or code.view_until is None or code.view_until <= now:
        return None
    return code.ticket if code.ticket.reference == reference else None


def tracking_code(secret: str) -> TrackingCode | None:
    """The request to track that the browser's secret stands for."""
    if not secret:
        return None
    hashes = ciphers.blind_indexes(secret, domain=CODE_SECRET)
    return TrackingCode.objects.filter(secret_hash__in=hashes).select_related("ticket__fiduciary").first()


def draft_for(secret: str, *, now: datetime) -> TicketDraft | None:
    """The draft that the browser's secret stands for, while it is kept."""
    if not secret:
        return None
    hashes = ciphers.blind_indexes(secret, domain=DRAFT_SECRET)
    return TicketDraft.objects.filter(secret_hash__in=hashes, expires_at__gt=now).select_related("ticket").first()


def canonical(text: str) -> str:
    """A reference as typed in its one form, or empty when it cannot be one."""
    try:
        return parse_reference(text, "GR")
    except BadReference:
        return ""


def due_in_words(ticket: Ticket, *, now: datetime) -> str:
    """The date of the strictest clock for a column, in the person's zone, and how many days are left: a mark and a word where
    it has passed. A dash where none runs.
    """
    if ticket.due_at is None or ticket.state not in OPEN_STATES:
        return "–"
    zone = zone_of(ticket)
    sign = "■ " if is_late(ticket.due_at, now) else ""
    return (
        f"{sign}{labels.short_day(ticket.due_at, zone)}, {labels.left(labels.days_between(now, ticket.due_at, zone))}"
    )


def overdue(tickets: QuerySet[Ticket], *, now: datetime) -> QuerySet[Ticket]:
    """Of ``tickets``, the open ones whose strictest clock has run out."""
    return tickets.filter(state__one_of=OPEN_STATES, due_at__lte=latest_missed(now))


def due_by(tickets: QuerySet[Ticket], *, now: datetime, until: datetime) -> QuerySet[Ticket]:
    """Of ``tickets``, the open ones that are not late yet and run out by ``until``."""
    return tickets.filter(state__one_of=OPEN_STATES, due_at__gt=latest_missed(now), due_at__lte=until)


def unassigned(tickets: QuerySet[Ticket], *, now: datetime) -> QuerySet[Ticket]:
    """Of ``tickets``, the open ones nobody works on: no owner, or an owner whose login has ended; nor was it handed to
    somebody whose time with it is not over.
    """
    free = tickets.filter(Q(assigned_to=None) | Q(assigned_to__is_active=False), state__one_of=OPEN_STATES)
    return free.exclude(locked_until__gte=now, locked_by__is_active=True)
