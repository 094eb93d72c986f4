"""Staff instruct a recipient about a person: to correct or erase what it holds, or to stop, beside a withdrawal."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.core.actor import Actor
from portal.core.errors import Refused
from portal.people import selectors as people
from portal.people.models import ContactPoint
from portal.people.services import four_eyes
from portal.registers.models import Instruction, Recipient
from portal.registers.services import telling
from portal.registers.states import InstructionKind


def by_staff(
    *, recipient: Recipient, do: str, subject_ref: UUID, because: str, actor: Actor, now: datetime
) -> Instruction:
    """Give one instruction about a person as a whole, in one transaction with its clock and audit event.

    ``because`` is the reference of a grievance or request; the same for the same person and recipient gives the first
    instruction. Raises NotAllowed for who is no staff, Refused for a person whom the recipient could not tell.
    """
    four_eyes.person_of(actor)
    contacts = ContactPoint.objects.filter(principal__subject__ref__in=people.refs_of(subject_ref)).order_by("pk")
    reached_at = [(contact.kind, contact.address) for contact in contacts]
    if not reached_at:
        raise Refused(_("No address of this person is known: the recipient could not tell whom it is about."))
    return telling.instruct(
        recipient,
        do=InstructionKind(do),
        subject_ref=subject_ref,
        about=f"because:{because}",
        reached_at=reached_at,
        actor=actor,
        at=now,
    )
