"""Correcting at a person's wish: the record here, and everybody who was told about them (DPDP s.12, GDPR Art 19).

What stood before and what stands now is in the erasable part of the audit event, for as long as its rule keeps it.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base.models.requests import RightsRequest
from grievances.base.request_choices import CORRECTIONS, Outcome
from grievances.requests import correctable_fields
from grievances.requests.correctable_fields import LANGUAGE, NAME, ZONE
from grievances.requests.services import data_copies
from grievances.tickets.services import thread_access
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import ContactPoint, Principal
from portal.kernel.people.services import people
from portal.kernel.registers.base.choices import InstructionKind
from portal.kernel.registers.recipients.models.instructions import Instruction
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import staff_instructions


def require_writable(request: RightsRequest, outcome: Outcome, *, written: str) -> None:
    """What a granted correction would say can be written, by the two who agree to it: else it would be done in words only.

    Raises Refused as ``correctable_fields.normal``, and for an address that the person has not confirmed yet (NOT_CONFIRMED):
    a code goes to it, so only they can change it.
    """
    if request.right not in CORRECTIONS or outcome is Outcome.REFUSE:
        return
    details = thread_access.details_of(request)
    value = written if outcome is Outcome.PARTLY else details.get("should_be", "")
    mine = _records(data_copies.data_refs(request))
    if not value or not mine:
        return
    field = details.get("field", "")
    wanted = correctable_fields.normal(field, value)
    if field not in correctable_fields.ADDRESSES:
        return
    held = ContactPoint.objects.filter(principal__in=mine, kind=field, left_at=None, verified_at__isnull=False)
    if wanted not in {point.address for point in held}:
        raise Refused(
            _(
                "A code has to come to a new address, so the person changes it under Your login. It is not in the "
                "record yet: ask them to do it first, or grant the rest in part."
            ),
            code="NOT_CONFIRMED",
        )


def carry_out(request: RightsRequest, *, actor: Actor, at: datetime, written: str | None = None) -> list[Instruction]:
    """Write what is corrected and instruct every recipient who got data of the person, in the caller's transaction.

    Records that were merged stay two, and each is shown and used: it is written to each.

    ``written``: what two people agreed to write of a correction granted in part, empty for nothing; None writes what was
    asked for.

    Each instruction has its own clock and its own steps. Raises Refused (WHOSE) where it is not clear whose data it is.
    """
    refs = data_copies.data_refs(request)
    details = thread_access.details_of(request)
    given: list[Instruction] = []
    with transaction.atomic():
        mine = _records(refs)
        value = details.get("should_be", "") if written is None else written
        if value:
            for person in mine:
                _write(person, details.get("field", ""), value, actor=actor, at=at)
        for code, ref in sorted(staff_instructions.codes_told(refs).items()):
            recipient = recipients.by_code(code)
            if recipient is None:
                continue
            because = request.ticket.reference
            do = InstructionKind.CORRECT
            try:
                with transaction.atomic():
                    instruction = staff_instructions.by_staff(
                        recipient=recipient, do=do, subject_ref=ref, because=because, actor=actor, now=at
                    )
            except Refused:  # its machine could not tell whom it is about, or cannot be reached: people tell it
                instruction = staff_instructions.by_hand(
                    recipient=recipient, do=do, subject_ref=ref, because=because, actor=actor, now=at
                )
            given.append(instruction)
    return given


def _records(refs: Iterable[UUID]) -> list[Principal]:
    """The records that stand for these references now: more than one where two people agreed that they are one person's."""
    rows = Principal.objects.select_related("subject").filter(subject__ref__in=refs, subject__erased_at=None)
    return list(rows.order_by("pk"))  # two who write to both lock them in one order


def _write(person: Principal, field: str, value: str, *, actor: Actor, at: datetime) -> None:
    """The corrected detail in the person's record. Raises Refused for what fits nothing: then nobody is told it is done."""
    plain = correctable_fields.normal(field, value)
    if field == NAME:
        people.rename(principal=person, full_name=plain, actor=actor, now=at)
    if field == LANGUAGE:
        people.read_in(principal=person, language=plain, actor=actor, now=at)
    if field == ZONE:
        people.live_in_zone(principal=person, zone=plain, actor=actor, now=at)
