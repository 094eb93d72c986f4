"""Doing KYC again: when its time is over, when a document ends, when something has changed. Told before and after.

``sweep`` may run twice, and be killed at any line: each case is one transaction, each renewal and each notice is a row
that exists once.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from kyc.base.choices import (
    DOCUMENT_MOVES,
    EVENTS,
    CaseState,
    DecisionOutcome,
    DocumentKind,
    DocumentState,
    RenewalReason,
)
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.renewals import Renewal, RenewalNotice
from kyc.base.permissions import Permission
from kyc.cases import check_plans, renewal_rules
from kyc.cases.outstanding_items import needs_of
from kyc.cases.selectors import number_domain
from kyc.cases.services.check_records import note_move
from kyc.cases.services.declared_values import number_of
from kyc.outcomes.services import case_status, customer_notifications
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, ciphers
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import IST, day
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.selectors import house_rule
from portal.kernel.law.services.due_dates import dates_of
from portal.kernel.people.choices import Answer, CustomerState
from portal.kernel.people.services.maker_checker import person_of

log = structlog.get_logger(__name__)

WORKER = actors.system("kyc.renewals")
#: Cases of one round; what is left comes in the next.
MOST = 200
#: Which number that has changed is which reason.
NUMBERS = {
    DocumentKind.PAN_CARD: RenewalReason.PAN_CHANGED,
    DocumentKind.CANCELLED_CHEQUE: RenewalReason.BANK_CHANGED,
    DocumentKind.BANK_STATEMENT: RenewalReason.BANK_CHANGED,
}
#: Their documents may end; those of a case that nobody has approved yet are looked at anyway.
LIVE = (DocumentState.APPROVED, DocumentState.EXPIRED)


@dataclass(frozen=True)
class Swept:
    """What one round did. ``last`` is the case after which the next one goes on; None: nothing is left."""

    looked_at: int
    told: int
    last: int | None


def ask_again(case: Case, *, reason: str, why: str, actor: Actor, now: datetime) -> Renewal:
    """Staff open a renewal for one of the events of the closed list; ``why`` goes to the erasable part of the audit event.

    In one transaction with the first notice to the customer. Raises NotAllowed without the permission, Refused without
    words (REASON), for a reason that is none of them (EVENT), or for a customer that was never verified (NOT_VERIFIED).
    """
    access.require(person_of(actor), Permission.CASE_DECIDE)
    if not why.strip():
        raise Refused(_("Write what you know, and from where."), code="REASON")
    if reason not in EVENTS:
        raise Refused(_("Choose what has happened."), code="EVENT")
    with access.acting(person_of(actor), Permission.CASE_DECIDE):
        renewal = something_changed(case, reason, actor=actor, now=now, why=why.strip())
        if renewal is None:
            raise Refused(_("This customer was never verified: there is nothing to renew."), code="NOT_VERIFIED")
    return renewal


def something_changed(
    case: Case, reason: str, *, actor: Actor, now: datetime, since: datetime | None = None, why: str = ""
) -> Renewal | None:
    """An event after which KYC is done again, in the caller's transaction; the first notice is given at once.

    Nothing (None) for a case that was never verified. One that is open for the same reason goes on as it is. What was
    sent before ``since`` (now, where it is not given) is due again.
    """
    if case.rekyc_on is None:
        return None
    due_on = dates_of(
        house_rule(renewal_rules.rule_of(reason, on=day(now)).within, on=day(now)), now, case_status.ZONE
    ).due_on
    renewal = _open(case, reason, due_on=due_on, since=since, actor=actor, now=now, why=why)
    _tell(renewal, now)
    return renewal


def begin(case: Case, *, actor: Actor, now: datetime) -> None:
    """The day of re-KYC has come and the customer is here before the sweep, in the caller's transaction."""
    is_open = Renewal.objects.filter(case=case, closed_at=None).exists()
    if case.rekyc_on is None or case.rekyc_on > day(now) or is_open:
        return
    since = datetime.combine(case.rekyc_on, time(), tzinfo=IST)
    _open(case, RenewalReason.PERIOD, due_on=case.rekyc_on, since=since, actor=actor, now=now)


def number_changed(document: Document, *, actor: Actor, now: datetime) -> Renewal | None:
    """A document was approved, in the caller's transaction: whether it names another PAN or account than the one before,
    on whichever kind of paper that stood.

    What was sent together with it, or since its case is being renewed, is not due again.
    """
    reason = NUMBERS.get(DocumentKind(document.kind))
    if reason is None or document.party_id is not None or document.number_sealed is None:
        return None
    kinds = check_plans.kinds_with_number(check_plans.number_type(document.kind))
    earlier = (
        Document.objects.filter(case=document.case_id, party=None, kind__in=kinds, number_index__isnull=False)
        .filter(decisions__outcome=DecisionOutcome.APPROVE, decisions__answer=Answer.APPROVED)
        .exclude(pk=document.pk)
        .order_by("-uploaded_at", "-pk")
        .first()
    )
    hashes = ciphers.blind_indexes(number_of(document), domain=number_domain(document.kind))
    if earlier is None or bytes(earlier.number_index or b"") in [bytes(one) for one in hashes]:
        return None
    running = Renewal.objects.filter(case=document.case_id, closed_at=None).order_by("opened_at").first()
    since = running.opened_at if running else document.uploaded_at
    return something_changed(document.case, reason, actor=actor, now=now, since=since)


def sweep(*, now: datetime, after: int = 0) -> Swept:
    """One round, in the order of the cases: end documents, open renewals that are due, give notices. Safe to repeat.

    A case that fails is logged and left to the next sweep; it does not keep the others waiting.
    """
    numbers = list(_to_look_at(now).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:MOST])
    told = 0
    for number in numbers:
        try:
            told += _look_at(number, now)
        except (PortalError, DatabaseError) as error:
            log.warning("kyc.renewal_failed", case=number, error=type(error).__name__)
    return Swept(len(numbers), told, numbers[-1] if len(numbers) == MOST else None)


def _to_look_at(now: datetime) -> QuerySet[Case]:
    today = day(now)
    soon = {
        reason: today + (today - renewal_rules.opens_on(reason, today, on=today))
        for reason in (RenewalReason.PERIOD, RenewalReason.DOCUMENT_ENDS)
    }
    ending = Document.objects.filter(state=DocumentState.APPROVED, expires_on__lte=soon[RenewalReason.DOCUMENT_ENDS])
    is_due = Q(rekyc_on__lte=soon[RenewalReason.PERIOD]) | Q(pk__in=ending.values("case"))
    return Case.objects.filter(is_due, customer__state=CustomerState.ACTIVE).exclude(state=CaseState.REJECTED)


def _look_at(number: int, now: datetime) -> int:
    with transaction.atomic():
        case = Case.objects.select_for_update(no_key=True).get(pk=number)
        if case.rekyc_on is not None:
            _open_period(case, now)
            _open_for_documents(case, now)
        _end_documents(case, now)
        rows = Renewal.objects.filter(case=case, closed_at=None).select_related("case__customer", "document")
        return sum(_tell(renewal, now) for renewal in rows.order_by("pk"))


def _open_period(case: Case, now: datetime) -> None:
    today = day(now)
    ends = case.rekyc_on
    if case.verified_at is not None and ends is not None:  # later than the period where the risk was raised after it
        ends = max(ends, renewal_rules.period_ends(case.verified_at, case.risk, on=today))
    if ends is not None and today >= renewal_rules.opens_on(RenewalReason.PERIOD, ends, on=today):
        _open(case, RenewalReason.PERIOD, due_on=ends, actor=WORKER, now=now)


def _open_for_documents(case: Case, now: datetime) -> None:
    today = day(now)
    for task in needs_of(case, now=now).tasks:
        document = task.document
        if document is None or task.need.is_optional or document.state not in LIVE or document.expires_on is None:
            continue
        ends = document.expires_on
        if today >= renewal_rules.opens_on(RenewalReason.DOCUMENT_ENDS, ends, on=today):
            _open(case, RenewalReason.DOCUMENT_ENDS, due_on=ends, document=document, actor=WORKER, now=now)


def _end_documents(case: Case, now: datetime) -> None:
    over = Document.objects.filter(case=case, state=DocumentState.APPROVED, expires_on__lt=day(now))
    for document in over.select_related("case", "party"):
        move(document, DocumentState.EXPIRED, moves=DOCUMENT_MOVES)
        note_move(document, actor=WORKER, now=now)
        case_status.settle(case, actor=WORKER, now=now)


def _open(
    case: Case,
    reason: str,
    *,
    due_on: date,
    document: Document | None = None,
    since: datetime | None = None,
    actor: Actor,
    now: datetime,
    why: str = "",
) -> Renewal:
    """The open renewal for this reason, made where there is none, with its audit event; the case follows.

    In the turn of the case: of two who tell of the same thing at once, the second finds what the first has opened.
    """
    Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    same = Renewal.objects.select_related("case__customer", "document").filter(case=case, reason=reason, closed_at=None)
    found = same.filter(document=document).first()
    if found is not None:
        return found
    renewal = Renewal.objects.create(case=case, reason=reason, document=document, opened_at=since or now, due_on=due_on)
    record(
        AuditKind.KYC_RENEWAL_OPENED,
        actor=actor,
        about=case.owner,
        subject_ref=case.subject_ref,
        facts={
            "case": case.reference,
            "reason_code": reason,
            "document": document.reference if document else "",
            "due_on": due_on.isoformat(),
        },
        personal={"reason": {"new": why}} if why else None,
        at=now,
    )
    Case.objects.filter(pk=case.pk).filter(Q(rekyc_on=None) | Q(rekyc_on__gt=due_on)).update(rekyc_on=due_on)
    case_status.settle(case, actor=actor, now=now)
    renewal.refresh_from_db()
    return renewal


def _tell(renewal: Renewal, now: datetime) -> int:
    """The newest notice that has come and was not given; one or none. Who has sent everything is left in peace.

    Where nobody owns the account it is not given: staff are told, and the next sweep tries again.
    """
    case, today = renewal.case, day(now)
    if renewal.closed_at is not None or case.state == CaseState.IN_REVIEW:
        return 0
    given = renewal.notices.aggregate(last=Max("days"))["last"]
    come = [
        days
        for days in renewal_rules.notice_days(renewal.reason, on=today)
        if today >= renewal.due_on + timedelta(days=days) and (given is None or days > given)
    ]
    if not come:
        return 0
    messages = customer_notifications.renewal_due(renewal, days=come[-1])
    if not messages:  # the notice stays to be given
        customer_notifications.staff_nobody_told(renewal, days=come[-1], now=now)
        return 0
    RenewalNotice.objects.create(renewal=renewal, days=come[-1], told_at=now, messages=messages)
    record(
        AuditKind.KYC_RENEWAL_TOLD,
        actor=WORKER,
        about=case.owner,
        subject_ref=case.subject_ref,
        facts={
            "case": case.reference,
            "reason_code": renewal.reason,
            "document": renewal.document.reference if renewal.document else "",
            "days": come[-1],
            "count": messages,
        },
        at=now,
    )
    return 1
