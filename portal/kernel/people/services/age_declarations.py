"""Asking a person once whether they are 18 or older (policy 12)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import answers
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import ProtectionGround
from portal.kernel.people.models import AgeStatement
from portal.kernel.people.selectors import children_at, protection_of, refs_of

ADULT, CHILD, UNKNOWN = "adult", "child", ""
#: The ground of what a verified signature over a date of birth shows, beside those of notes (``ProtectionGround``).
SIGNED = "signed"


def age_of(subject_ref: UUID, *, at: datetime) -> str:
    """What is known of a person's age at ``at``: "child", "adult" or nothing. A signed document counts before a word."""
    shown = str(answers.age_shown.ask(subject_ref=subject_ref))
    if shown:
        return shown
    held = protection_of(subject_ref, at=at)
    if held is not None and held.kind == CHILD:
        return CHILD
    said = AgeStatement.objects.filter(subject_ref__in=refs_of(subject_ref)).exists()
    return ADULT if said else UNKNOWN


def grounds_of(subject_ref: UUID, *, at: datetime) -> list[tuple[str, str]]:
    """Everything that says how old a person is, each with its ground, the weightiest first: a signed document (SIGNED), the
    notes of a child that hold (by their ``ProtectionGround``), the person's own word that they are 18 or older.

    For whoever decides: that somebody is noted as a child because of a report says nothing but that there is one.
    """
    shown = str(answers.age_shown.ask(subject_ref=subject_ref))
    refs = refs_of(subject_ref)
    notes = children_at(at).filter(subject_ref__in=refs).order_by("pk").values_list("ground", flat=True)
    found = [(shown, SIGNED)] if shown else []
    found += [(CHILD, str(ground)) for ground in dict.fromkeys(notes)]
    if AgeStatement.objects.filter(subject_ref__in=refs).exists():
        found.append((ADULT, str(ProtectionGround.DECLARED)))
    return found


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
