"""What KYC does when other rooms tell of an event after which a customer is looked at again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from kyc.base.choices import RenewalReason
from kyc.base.models.cases import Case
from kyc.review.services import appeal_links, kyc_renewals
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.enqueue import enqueue
from portal.kernel.law.selectors import house_rule
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.models import Delivery
from portal.kernel.people.choices import CustomerState
from portal.kernel.registers.senders.models.senders import SendingEntity
from portal.kernel.registers.senders.selectors.senders import in_force


def renamed(*, customer: int, actor: Actor, at: datetime) -> None:
    """Registered in ``ports.customer_renamed``: who was verified under another name is looked at again."""
    case = Case.objects.select_related("customer").filter(customer=customer).first()
    if case is not None:
        kyc_renewals.something_changed(case, RenewalReason.NAME_CHANGED, actor=actor, now=at)
        Case.objects.filter(pk=case.pk).update(to_screen_since=at)
        enqueue("kyc.tasks.screen_case", case.pk)


def insolvent(*, customer: int, actor: Actor, at: datetime) -> None:
    """Registered in ``ports.insolvency_changed``: somebody else signs for the organisation from now on, and shows that they
    may; whoever was verified to sign before does so no more. For one that was dissolved nobody signs.
    """
    running = Case.objects.filter(customer=customer, customer__state=CustomerState.ACTIVE)
    case = running.select_related("customer").first()
    if case is not None:
        kyc_renewals.something_changed(case, RenewalReason.SIGNATORY_CHANGED, actor=actor, now=at)


def complained(*, fiduciary: str, at: datetime, subject_ref: UUID, **said: str) -> None:
    """Registered in ``ports.complaints``: many complaints about one sender in a short time, and it is looked at again.

    Counted over every channel, by the delivery reports of the days that a house rule gives; those that we looked at
    already, in a renewal that is done, count no more.
    """
    rows = SendingEntity.objects.filter(fiduciary__code=fiduciary, fiduciary__is_self=False, customer__isnull=False)
    entity = in_force(rows, at=at).first()
    if entity is None:
        return
    case = Case.objects.select_related("customer").filter(customer=entity.customer_id).first()
    if case is not None and _is_spike(fiduciary, case, at):
        kyc_renewals.something_changed(case, RenewalReason.COMPLAINTS, actor=actors.system("kyc.complaints"), now=at)


def documents_complained_of(
    *, ticket: str, documents: Iterable[str], subject_ref: UUID | None, actor: Actor, at: datetime
) -> int:
    """Registered in ``ports.documents_complained_of``: each document of theirs names the grievance from now on."""
    return appeal_links.note(ticket=ticket, documents=documents, subject_ref=subject_ref, actor=actor, at=at)


def _is_spike(fiduciary: str, case: Case, at: datetime) -> bool:
    looked_at = case.renewals.filter(reason=RenewalReason.COMPLAINTS).aggregate(last=Max("closed_at"))["last"]
    over = house_rule("kyc.complaints_in", on=day(at)).duration
    most = int(house_rule("kyc.complaints_most", on=day(at)).amount or 0)
    told = Delivery.objects.filter(message__fiduciary=fiduciary, outcome=Outcome.COMPLAINED)
    since = max(at - over, looked_at or at - over)
    return told.filter(happened_at__gt=since, happened_at__lte=at).count() > most
