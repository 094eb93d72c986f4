"""Tasks of the registers (queue ``default``). A lost one does no harm: a defect is told again at the next sending."""

from celery import shared_task

from portal.kernel.core import clock
from portal.kernel.registers.entries.services import attachments, links, register_tasks
from portal.kernel.registers.incidents.models import IncidentDecision, IncidentSearch
from portal.kernel.registers.incidents.services import affected_people, notification_proofs
from portal.kernel.registers.orders.services import authority_orders
from portal.kernel.registers.senders.services import sender_issues, senders


@shared_task(name="portal.registers.tasks.note_defect", ignore_result=True)
def note_defect(fiduciary: int, channel: str, purpose: str, sender: int, template: int, category: str) -> None:
    """Record that purpose, header and template name different categories."""
    sender_issues.note(
        fiduciary=fiduciary,
        channel=channel,
        purpose=purpose,
        sender=sender,
        template=template,
        category=category,
        now=clock.now(),
    )


@shared_task(name="portal.registers.tasks.forget_inbound", ignore_result=True)
def forget_inbound() -> None:
    """Delete the times of inbound messages that open no window any more."""
    senders.forget_inbound(now=clock.now())


@shared_task(name="portal.registers.tasks.find_affected", ignore_result=True)
def find_affected(search_id: int) -> None:
    """Add the people whom a search for an incident finds."""
    search = (
        IncidentSearch.objects.select_related("incident").filter(pk=search_id, done_at=None, given_up_at=None).first()
    )
    if search is not None:
        affected_people.carry_out(search, now=clock.now())


@shared_task(name="portal.registers.tasks.tell_affected", ignore_result=True)
def tell_affected(decision_id: int) -> None:
    """Promise letters to the next people whom an incident affects."""
    decision = IncidentDecision.objects.select_related("incident").filter(pk=decision_id).first()
    if decision is not None:
        affected_people.tell_on(decision, now=clock.now())


@shared_task(name="portal.registers.tasks.settle_incidents", ignore_result=True)
def settle_incidents() -> None:
    """Note which reports have left, and which came back; go on with letters whose task was lost."""
    affected_people.go_on()
    notification_proofs.settle(now=clock.now())
    notification_proofs.look_for_returned(now=clock.now())


@shared_task(name="portal.registers.tasks.end_attachments", ignore_result=True)
def end_attachments() -> None:
    """Destroy the documents whose last day has passed."""
    attachments.end_expired(now=clock.now())


@shared_task(name="portal.registers.tasks.look_at_books", ignore_result=True)
def look_at_books() -> None:
    """Open and close the tasks of the books."""
    register_tasks.look(now=clock.now())


@shared_task(name="portal.registers.tasks.try_links", ignore_result=True)
def try_links() -> None:
    """Ask every page that ours lead to."""
    links.try_all(now=clock.now())


@shared_task(name="portal.registers.tasks.tell_of_orders", ignore_result=True)
def tell_of_orders() -> None:
    """Tell the people whose data an authority got, once no silence binds us."""
    authority_orders.tell_people(now=clock.now())
