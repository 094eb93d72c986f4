"""Ending that somebody answers for another person: they say so, or staff sees that they may not (any more)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from consent.base.choices import EndedBy
from consent.records.models.events import ConsentReceipt
from consent.records.models.guardians import GuardianAnswer, StandingEnded
from consent.records.selectors import guardianships
from consent.records.services import subject_locks
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import IllegalMove
from portal.kernel.people import selectors as people


@retried
def end(*, last: GuardianAnswer, by: EndedBy, actor: Actor, now: datetime, reason: str = "") -> ConsentReceipt:
    """End the standing that rests on ``last``, in one transaction: receipt, audit event with its leaf, and the fact.

    The receipt is the guardian's. What they agreed to stays until somebody withdraws it; the person stays protected, so
    nobody says yes for them before two of our people have seen a parent or guardian again. An answer of theirs that was
    given at the same moment stands, and the end is after it. Raises IllegalMove when it had ended already.
    """
    with transaction.atomic():
        subject_locks.take_all_of(last.subject_ref)
        if guardianships.has_ended(last):
            raise IllegalMove(_("This had ended already."))
        at = max(now, _last_shown(last))
        receipt = ConsentReceipt.objects.create(
            reference=ids.new_reference("CR"), subject_ref=last.guardian_ref, made_at=at
        )
        event = record(
            AuditKind.CONSENT_STANDING_ENDED,
            actor=actor,
            about=f"consent.receipt:{receipt.reference}",
            facts={"reference": receipt.reference, "way": str(by)},
            subject_ref=last.subject_ref,
            personal={"reason": reason} if reason else None,
            at=at,
        )
        StandingEnded.objects.create(
            receipt=receipt,
            entry=event.entry,
            subject_ref=last.subject_ref,
            guardian_ref=last.guardian_ref,
            by=by,
            ended_at=at,
        )
    return receipt


def _last_shown(last: GuardianAnswer) -> datetime:
    """When the guardian last answered for the person: an answer that had the turn first may be later than ``now``."""
    given = GuardianAnswer.objects.filter(
        subject_ref__in=people.refs_of(last.subject_ref), guardian_ref__in=people.refs_of(last.guardian_ref)
    )
    return given.aggregate(latest=Max("shown_at"))["latest"] or last.shown_at
