"""Noting that somebody else answers for a person, and that this has ended."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import clock, hooks
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, Refused
from portal.core.turns import retried
from portal.law.selectors import house_rule
from portal.law.services import timing
from portal.people.models import Protection
from portal.people.selectors import refs_of
from portal.people.states import ProtectionGround, ProtectionKind

#: Policy 12 promises it for today, IN-DPDP-CHILD will ask it from its commencement.
AGE_RULE = "people.adult_age"


def of_age_on(born_on: date, *, on: date) -> date:
    """The birthday from which a person answers alone, under the promise of the day ``on``."""
    return timing.dates_of(house_rule(AGE_RULE, on=on), born_on, str(clock.IST)).due_on


@retried
def protect(
    *,
    subject_ref: UUID,
    kind: ProtectionKind | str,
    ground: ProtectionGround | str,
    actor: Actor,
    now: datetime,
    born_on: date | None = None,
) -> Protection:
    """Note that a person is a child or has a guardian, with its audit event, in one transaction. Safe to repeat.

    From its commit on ``selectors.is_child`` and ``protection_of`` say so; that somebody is a child is told in the same
    transaction (``hooks.became_child``). The day of birth itself is not kept, only the
    day of age that follows from it; one that is learnt later is added. Raises Refused for a child who is of age.
    """
    today = clock.day(now)
    adult_on = of_age_on(born_on, on=today) if born_on is not None and kind == ProtectionKind.CHILD else None
    if adult_on is not None and adult_on <= today:
        raise Refused(_("This person is of age and answers alone."), code="OF_AGE")
    with transaction.atomic():
        row, is_new = Protection.objects.get_or_create(
            subject_ref=subject_ref,
            kind=ProtectionKind(kind),
            ended_at=None,
            defaults={"ground": ProtectionGround(ground), "adult_on": adult_on, "noted_at": now},
        )
        learnt = not is_new and adult_on is not None and row.adult_on != adult_on
        if learnt:
            row.adult_on, row.ground = adult_on, ProtectionGround(ground)
            row.save(update_fields=["adult_on", "ground"])
        if is_new and row.kind == ProtectionKind.CHILD:
            for told in hooks.became_child:
                told(subject_ref=subject_ref, at=now)
        if is_new or learnt:
            _record(AuditKind.PEOPLE_PROTECTION_NOTED, row, actor, now)
    return row


def end(*, protection: Protection, actor: Actor, now: datetime) -> None:
    """The person answers alone again, and whoever has to know is told in the same transaction (``hooks.protection_ended``).

    Raises IllegalMove when it had ended already.
    """
    with transaction.atomic():
        if Protection.objects.filter(pk=protection.pk, ended_at=None).update(ended_at=now) != 1:
            raise IllegalMove(_("This had ended already."))
        protection.refresh_from_db()
        for told in hooks.protection_ended:
            told(subject_ref=protection.subject_ref, at=now)
        _record(AuditKind.PEOPLE_PROTECTION_ENDED, protection, actor, now)


def require_not_frozen(subject_ref: UUID) -> None:
    """Raises Refused (TWO_PEOPLE) for somebody who is frozen as a child (``hooks.freezes``): two people end that, with all that
    belongs to it.
    """
    if any(is_frozen(subject_ref=subject_ref) for is_frozen in hooks.freezes):
        raise Refused(
            _(
                "A document or a report showed a child: two people end that freeze, on the page of the report of a child, or of "
                "the person found to be under age."
            ),
            code="TWO_PEOPLE",
        )


def end_all(*, subject_ref: UUID, actor: Actor, now: datetime) -> int:
    """End whatever holds for the person, in one transaction; returns how many."""
    with transaction.atomic():
        rows = Protection.objects.filter(subject_ref__in=refs_of(subject_ref), ended_at=None)
        for row in rows:
            end(protection=row, actor=actor, now=now)
    return len(rows)


def _record(kind: AuditKind, row: Protection, actor: Actor, now: datetime) -> None:
    """Why and how we know are personal: they go to the part of the event that can be erased."""
    record(
        kind,
        actor=actor,
        about=f"people.subject:{row.subject_ref}",
        subject_ref=row.subject_ref,
        personal={
            "kind": str(row.kind),
            "ground": str(row.ground),
            "adult_on": row.adult_on.isoformat() if row.adult_on else None,
        },
        at=now,
    )
