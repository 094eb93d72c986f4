"""Correcting at a person's wish: the record here, and everybody who was told about them (DPDP s.12, GDPR Art 19).

What stood before and what stands now is in the erasable part of the audit event, for as long as its rule keeps it.
"""

import contextlib
from datetime import datetime

from django.db import transaction

from grievances.models import RightsRequest
from grievances.services import bundling, reading
from portal.core.actor import Actor
from portal.core.errors import Refused
from portal.people.models import Principal
from portal.people.services import principals
from portal.registers.models import Instruction
from portal.registers.selectors import recipients as book
from portal.registers.services import instructing
from portal.registers.states import InstructionKind

#: The details that an officer may write in the person's place. Addresses are confirmed by a code that comes there: the
#: person changes those under "Your login".
NAME, LANGUAGE, ZONE = "name", "language", "zone"


def carry_out(request: RightsRequest, *, actor: Actor, at: datetime, written: str | None = None) -> list[Instruction]:
    """Write what is corrected and instruct every recipient who got data of the person, in the caller's transaction.

    ``written``: what two people agreed to write of a correction granted in part, empty for nothing; None writes what was
    asked for.

    Each instruction has its own clock and its own steps. Raises Refused (WHOSE) where it is not clear whose data it is.
    """
    refs = bundling.data_refs(request)
    details = reading.details_of(request)
    given: list[Instruction] = []
    with transaction.atomic():
        mine = list(Principal.objects.select_related("subject").filter(subject__ref__in=refs, subject__erased_at=None))
        value = details.get("should_be", "") if written is None else written
        if len(mine) == 1 and value:
            _write(mine[0], details.get("field", ""), value, actor=actor, at=at)
        for code, ref in sorted(instructing.codes_told(refs).items()):
            recipient = book.by_code(code)
            if recipient is None:
                continue
            because = request.ticket.reference
            do = InstructionKind.CORRECT
            try:
                with transaction.atomic():
                    instruction = instructing.by_staff(
                        recipient=recipient, do=do, subject_ref=ref, because=because, actor=actor, now=at
                    )
            except Refused:  # its machine could not tell whom it is about, or cannot be reached: people tell it
                instruction = instructing.by_hand(
                    recipient=recipient, do=do, subject_ref=ref, because=because, actor=actor, now=at
                )
            given.append(instruction)
    return given


def _write(person: Principal, field: str, value: str, *, actor: Actor, at: datetime) -> None:
    """The corrected detail in the person's record. What the pages of correction did not check may fit nothing: then it is as
    the letter says, and nothing is written.
    """
    if field == NAME:
        principals.rename(principal=person, full_name=value, actor=actor, now=at)
    with contextlib.suppress(Refused):
        if field == LANGUAGE:
            principals.read_in(principal=person, language=value, actor=actor, now=at)
        if field == ZONE:
            principals.live_in_zone(principal=person, zone=value, actor=actor, now=at)
