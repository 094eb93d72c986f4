"""Ending that somebody answers for another person: they say so, or staff sees that they may not (any more)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentReceipt, GuardianAnswer, StandingEnded
from consent.selectors import wards
from consent.states import EndedBy
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import ids
from portal.core.actor import Actor
from portal.core.errors import IllegalMove
from portal.core.turns import retried


@retried
def end(*, last: GuardianAnswer, by: EndedBy, actor: Actor, now: datetime, reason: str = "") -> ConsentReceipt:
    """End the standing that rests on ``last``, in one transaction: receipt, audit event with its leaf, and the fact.

    The receipt is the guardian's. What they agreed to stays until somebody withdraws it; the person stays protected, so
    nobody says yes for them before two of our people have seen a parent or guardian again. Raises IllegalMove when it
    had ended already.
    """
    with transaction.atomic():
        if wards.has_ended(last):
            raise IllegalMove(_("This had ended already."))
        receipt = ConsentReceipt.objects.create(
            reference=ids.new_reference("CR"), subject_ref=last.guardian_ref, made_at=now
        )
        event = record(
            AuditKind.CONSENT_STANDING_ENDED,
            actor=actor,
            about=f"consent.receipt:{receipt.reference}",
            facts={"reference": receipt.reference, "way": str(by)},
            subject_ref=last.subject_ref,
            personal={"reason": reason} if reason else None,
            at=now,
        )
        StandingEnded.objects.create(
            receipt=receipt,
            entry=event.entry,
            subject_ref=last.subject_ref,
            guardian_ref=last.guardian_ref,
            by=by,
            ended_at=now,
        )
    return receipt
