"""Reads that cross rooms or decide access: clocks and standings, whose grievance it is, what the queues show."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from grievances import rules, words
from grievances.models import Ticket, TicketDraft, TrackingCode
from grievances.rules import Due, Facts, Standing
from grievances.states import OPEN_STATES, ClosedBecause, EntryKind, TicketState
from portal.core import ciphers
from portal.core.clock import day
from portal.core.errors import BadReference, NotFound
from portal.core.ids import parse_reference
from portal.law import selectors as law
from portal.law.explanations import how_we_worked_out
from portal.law.models import Clock
from portal.law.rules import clock_state
from portal.people import selectors as people
from portal.people.models import Customer
from portal.people.states import CustomerKind
from portal.registers import selectors as registers

DRAFT_SECRET = "grievances.draft.secret"  # noqa: S105 - the name of a domain of hashes
CODE_SECRET = "grievances.tracking.secret"  # noqa: S105 - the name of a domain of hashes

#: House promises (``portal/law/data``), by what they are for.
DRAFT_LIFE = "grievances.draft_life"
CODE_LIFE = "grievances.code_life"
VIEW_LIFE = "grievances.view_life"
REMIND_AGAIN = "grievances.remind_again"
REOPEN_WITHIN = "grievances.reopen_within"
FIRST_NOTICE = "grievances.silence_first_notice"
SECOND_NOTICE = "grievances.silence_second_notice"
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


def reference_of_owner(owner: str) -> str:
    """The reference in a clock's label."""
    return owner.partition(":")[2].partition("/")[0]


def answer_clocks(ticket: Ticket) -> list[Clock]:
    """The clocks of the present round, strictest first."""
    clocks = Clock.objects.filter(owner=answer_owner(ticket)).select_related("legal_rule", "house_rule")
    return list(clocks.order_by("due_at", "pk"))


def dues(ticket: Ticket, *, now: datetime) -> list[Due]:
    """The running clocks of the present round as plain values. Law alone says what is late."""
    found = []
    for clock in answer_clocks(ticket):
        state = clock_state(clock, now)
        if not state.is_stopped:
            found.append(Due(due_at=clock.due_at, is_late=state.is_late, is_paused=state.is_paused))
    return found


def explanations(ticket: Ticket) -> list[str]:
    """How the dates of the present round came about: one paragraph per clock, strictest first, with its source."""
    return [" ".join(how_we_worked_out(clock)) for clock in answer_clocks(ticket)]


def zone_of(ticket: Ticket) -> ZoneInfo:
    """The zone in which the person reads dates."""
    return ZoneInfo(ticket.zone)


def standing_of(ticket: Ticket, *, now: datetime) -> Standing:
    """Where a grievance stands now: the one answer for pages, letters and queues."""
    running = dues(ticket, now=now) if ticket.state in OPEN_STATES else []
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
        facts, now=now, days_left=words.days_between(now, due.due_at, zone_of(ticket)) if due else None
    )


def remind_again_from(ticket: Ticket, *, now: datetime) -> datetime | None:
    """From when the person may remind us again; None where they may now, as far as earlier reminders go."""
    last = ticket.entries.filter(kind=EntryKind.REMINDED).order_by("-at").first()
    again = last.at + promise(REMIND_AGAIN, at=last.at) if last is not None else now
    return again if again > now else None


def officer(*, at: datetime) -> str:
    """The Grievance Officer's name from the register, or the office while no name is on record."""
    current = registers.current_officer("grievance_officer", on=day(at))
    return str(current.full_name) if current else _("Our Grievance Officer")


def outside_bodies(*, at: datetime) -> list[str]:
    """Where a person can go when our answer does not help, by the rules in force (IT Rules r.3A; DPDP Act s.13(3))."""
    on = day(at)
    found = []
    if law.profile(on=on).applies("intermediary") and _in_force("IN-IT-GAC", on):
        found.append(_("You can appeal to the Grievance Appellate Committee of the Government of India (gac.gov.in)."))
    if _in_force("IN-DPDP-EXH", on):
        found.append(_("After our answer you can go to the Data Protection Board of India."))
    return found or [_("You can go to a consumer commission or a court.")]


def _in_force(key: str, on: date) -> bool:
    try:
        law.legal_rule(key, on=on)
    except (NotFound, law.NotInForce):
        return False
    return True


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


def sentence_for_person(ticket: Ticket, *, now: datetime) -> str:
    """The sentence of the person's page and letters, in the active language."""
    return words.for_person(standing_of(ticket, now=now), officer=officer(at=now), zone=zone_of(ticket))


def sentence_for_staff(ticket: Ticket, *, now: datetime) -> str:
    """The sentence of the staff page and the queue, in Indian time."""
    return words.for_staff(standing_of(ticket, now=now))


def tickets_of(user: Any) -> QuerySet[Ticket]:
    """The grievances of a signed-in customer; nobody else has any here."""
    principal = getattr(user, "principal", None) if getattr(user, "is_authenticated", False) else None
    if principal is None or user.is_staff:
        return Ticket.objects.none()
    return Ticket.objects.filter(subject_ref__in=people.refs_of(principal.subject)).select_related("fiduciary")


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


def overdue(tickets: QuerySet[Ticket], *, now: datetime) -> QuerySet[Ticket]:
    """Of ``tickets``, the open ones whose strictest clock has run out."""
    return tickets.filter(state__in=OPEN_STATES, due_at__lt=now)


def due_by(tickets: QuerySet[Ticket], *, now: datetime, until: datetime) -> QuerySet[Ticket]:
    """Of ``tickets``, the open ones that are not late yet and run out by ``until``."""
    return tickets.filter(state__in=OPEN_STATES, due_at__gte=now, due_at__lte=until)


def unassigned(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Of ``tickets``, the open ones nobody works on: no owner, or an owner whose login has ended."""
    return tickets.filter(Q(assigned_to=None) | Q(assigned_to__is_active=False), state__in=OPEN_STATES)
