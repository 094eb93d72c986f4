"""The end of a person's part in a customer."""

from datetime import datetime

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core.actor import Actor
from portal.people.models import Membership


def end(membership: Membership, *, actor: Actor, at: datetime) -> bool:
    """End it with its audit event, in the caller's transaction and at the customer's turn; False where it had ended.

    Who may end it, and what ends with it, is the caller's to say.
    """
    if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=at):
        return False
    customer = membership.customer
    record(
        AuditKind.PEOPLE_MEMBER_REMOVED,
        actor=actor,
        about=f"people.customer:{customer.reference}",
        facts={"customer": customer.reference, "member": membership.pk},
        subject_ref=customer.subject.ref,
        at=at,
    )
    return True
