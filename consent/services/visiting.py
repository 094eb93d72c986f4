"""Visitors without a login: what they choose belongs to the browser, and to the person once they sign in."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.core.actor import Actor
from portal.core.turns import retried
from portal.people import selectors as people
from portal.people.models import Subject
from portal.people.services import subjects
from portal.people.states import SubjectKind

#: Where a browser's session keeps the reference of its visitor.
SESSION_KEY = "consent_visitor"


def visitor_of(kept: object) -> UUID | None:
    """The visitor's reference from what a session kept, if there is such a visitor who is nobody else by now."""
    try:
        ref = UUID(str(kept))
    except ValueError:
        return None
    return ref if Subject.objects.filter(ref=ref, kind=SubjectKind.STRANGER, erased_at=None).exists() else None


def new_visitor(*, now: datetime) -> UUID:
    """A reference for a browser that chooses something before anybody has signed in."""
    return subjects.new(SubjectKind.STRANGER, now=now).ref


@retried
def join(*, visitor: UUID, subject_ref: UUID, actor: Actor, now: datetime) -> bool:
    """The visitor turned out to be this person: what was chosen before is theirs from now on, the latest word first.

    One transaction with its audit event. References are joined, never rewritten; events, receipts and their proofs stay
    as they are. False when they were one already.
    """
    with transaction.atomic():
        if visitor in people.refs_of(subject_ref):
            return False
        subjects.join(old_ref=visitor, new_ref=subject_ref, actor=actor, now=now)
    return True
