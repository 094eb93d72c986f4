"""Asking a person once whether they are 18 or older (policy 12)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import hooks
from portal.core.actor import Actor
from portal.people.models import AgeStatement
from portal.people.selectors import protection_of, refs_of

ADULT, CHILD, UNKNOWN = "adult", "child", ""


def age_of(subject_ref: UUID, *, at: datetime) -> str:
    """What is known of a person's age at ``at``: "child", "adult" or nothing. A signed document counts before a word."""
    shown = str(hooks.age_shown.ask(subject_ref=subject_ref))
    if shown:
        return shown
    held = protection_of(subject_ref, at=at)
    if held is not None and held.kind == CHILD:
        return CHILD
    said = AgeStatement.objects.filter(subject_ref__in=refs_of(subject_ref)).exists()
    return ADULT if said else UNKNOWN


def is_to_be_asked(subject_ref: UUID, *, at: datetime) -> bool:
    """Whether nothing says how old the person is, and nobody else answers for them."""
    return protection_of(subject_ref, at=at) is None and age_of(subject_ref, at=at) == UNKNOWN


def state_adult(*, subject_ref: UUID, actor: Actor, now: datetime) -> AgeStatement:
    """The person says that they are 18 or older: one row with its audit event, in one transaction. Safe to repeat.

    It lifts no protection: who is known as a child stays one until two people decide otherwise.
    """
    with transaction.atomic():
        row, is_new = AgeStatement.objects.get_or_create(subject_ref=subject_ref, defaults={"stated_at": now})
        if is_new:
            record(
                AuditKind.PEOPLE_AGE_STATED,
                actor=actor,
                about=f"people.subject:{subject_ref}",
                subject_ref=subject_ref,
                personal={"age": ADULT},
                at=now,
            )
    return row
