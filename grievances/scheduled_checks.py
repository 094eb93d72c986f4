"""What beat does for grievances: silence, old drafts and codes; and what it means that a clock is late. Each row is looked at again before it is acted on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from grievances.base import rules, selectors
from grievances.base.choices import OPEN_STATES, Answer, Author, EntryKind, TicketState
from grievances.base.models.thread import Resolution
from grievances.base.models.ticket import Ticket
from grievances.base.models.tracking import TrackingCode
from grievances.base.permissions import GrievancePermission
from grievances.base.rules import SilenceStep, SilenceTerms
from grievances.legacy_imports.services import legacy_import
from grievances.requests.services import data_copies
from grievances.tickets import grievance_status
from grievances.tickets.services import drafts, notifications, resolutions, thread_entries
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import PortalError
from portal.kernel.law.request_cache import remembering
from portal.kernel.people import selectors as people
from portal.kernel.registers.base.selectors.escalation import to_tell

log = structlog.get_logger(__name__)

#: Used and dead tracking codes are kept this long for the rate limits' sake; a technical period.
CODES_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Swept:
    notices: int = 0
    closed: int = 0
    drafts: int = 0
    codes: int = 0


def sweep(*, now: datetime, at_once: int = 500) -> Swept:
    """Do everything that is due for grievances, row by row; one bad row stops no other. Opens its own transactions.

    Every answer that waits is looked at, ``at_once`` of them in memory: many that wait hold none back behind them.
    """
    notices = closed = last = 0
    waiting = (
        Resolution.objects.filter(answer=Answer.WAITING, ticket__state=TicketState.ANSWERED)
        .select_related("ticket__fiduciary")
        .order_by("pk")
    )
    while chunk := list(waiting.filter(pk__gt=last)[:at_once]):
        last = chunk[-1].pk
        with remembering():
            terms = [(resolution, selectors.silence_terms(at=resolution.proposed_at)) for resolution in chunk]
        for resolution, promised in terms:
            step = _after_silence(resolution, promised, now)
            notices += step in {SilenceStep.FIRST_NOTICE, SilenceStep.SECOND_NOTICE}
            closed += step == SilenceStep.CLOSE
    codes, _kinds = TrackingCode.objects.filter(expires_at__lt=now - CODES_KEPT).delete()
    data_copies.end_expired(now=now)
    legacy_import.sweep(now=now)
    return Swept(notices, closed, drafts.forget_expired(at=now), codes)


def raise_alarm(*, ticket: Ticket, event: str, percent: int, about: str, now: datetime) -> int:
    """Tell whom the house rule ``clocks.told`` names for that share of the time, once per ``about``. Returns how many."""
    others = people.staff_with(GrievancePermission.TICKET_ASSIGN, now=now)
    told = to_tell(owner=ticket.assigned_to, others=others, percent=percent, now=now)
    return sum(notifications.tell_staff(ticket, event, to=user, about=about, now=now) for user in told)


def note_late(*, ticket: Ticket, now: datetime) -> bool:
    """Write into the thread that we missed the date, and tell the person, once per round. Law decides what is late."""
    standing = grievance_status.standing_of(ticket, now=now)
    is_late = standing.situation in {rules.Situation.LATE, rules.Situation.WITH_YOU_LATE}
    if not is_late or ticket.entries.filter(kind=EntryKind.LATE, round=ticket.round).exists():
        return False
    with transaction.atomic():
        fresh = Ticket.objects.select_for_update().filter(pk=ticket.pk, state__in=OPEN_STATES).first()
        if fresh is None or fresh.entries.filter(kind=EntryKind.LATE, round=fresh.round).exists():
            return False
        thread_entries.add(fresh, EntryKind.LATE, author=Author.PORTAL, actor=SYSTEM, at=now)
        notifications.tell(fresh, "late", about=f"late/{fresh.round}", now=now)
    return True


def _after_silence(resolution: Resolution, promised: SilenceTerms, now: datetime) -> SilenceStep | None:
    ticket = resolution.ticket
    step = rules.silence_step(
        answered_at=resolution.proposed_at,
        notices=resolution.notices,
        last_notice_at=resolution.last_notice_at,
        terms=promised,
        now=now,
    )
    try:
        if step == SilenceStep.CLOSE:
            resolutions.close_in_silence(ticket=ticket, at=now)
        elif step is not None:
            _notify(resolution, now)
    except PortalError as error:
        log.warning("grievances.sweep_row_skipped", reference=ticket.reference, code=error.code)
        return None
    return step


def _notify(resolution: Resolution, now: datetime) -> None:
    """Ask again, once per step: the counter is moved by the same statement that claims the step."""
    ticket = resolution.ticket
    with transaction.atomic():
        claimed = Resolution.objects.filter(pk=resolution.pk, notices=resolution.notices, answer=Answer.WAITING).update(
            notices=F("notices") + 1, last_notice_at=now
        )
        if not claimed:
            return
        thread_entries.add(ticket, EntryKind.NOTICE, author=Author.PORTAL, actor=SYSTEM, at=now)
        notifications.tell(ticket, "silence_notice", about=f"notice/{resolution.pk}/{resolution.notices + 1}", now=now)
