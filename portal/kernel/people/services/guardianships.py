"""Noting that somebody else answers for a person, and that this has ended."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.law.selectors import house_rule
from portal.kernel.law.services import due_dates
from portal.kernel.people.choices import ProtectionGround, ProtectionKind
from portal.kernel.people.models import Protection
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services import freezes

#: Policy 12 promises it for today, IN-DPDP-CHILD will ask it from its commencement.
AGE_RULE = "people.adult_age"
#: By what a freeze notes a child. The person's own word is not a freeze's, and stays when it ends.
_OF_FREEZES = (ProtectionGround.REPORTED, ProtectionGround.DOCUMENT)


def of_age_on(born_on: date, *, on: date) -> date:
    """The birthday from which a person answers alone, under the promise of the day ``on``."""
    return due_dates.dates_of(house_rule(AGE_RULE, on=on), born_on, str(clock.IST)).due_on


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
    transaction (``ports.became_child``). The day of birth itself is not kept, only the
    day of age that follows from it; one that is learnt later is added (``_says_more``). Raises Refused for a child who is of
    age (OF_AGE), and for a day or a ground said of somebody who is frozen as a child (TWO_PEOPLE): it would end the
    protection by itself. Their own word that they are one is taken, and that they have a guardian.
    """
    is_own_word = ground == ProtectionGround.DECLARED and born_on is None
    with transaction.atomic():
        freezes.take_turn(subject_ref)
        if kind == ProtectionKind.CHILD and not is_own_word:
            freezes.require_not_frozen(subject_ref)
        return note(subject_ref=subject_ref, kind=kind, ground=ground, actor=actor, now=now, born_on=born_on)


def note(
    *,
    subject_ref: UUID,
    kind: ProtectionKind | str,
    ground: ProtectionGround | str,
    actor: Actor,
    now: datetime,
    born_on: date | None = None,
) -> Protection:
    """What ``protect`` does, by whoever freezes: in the transaction that has the person's turn (``freezes.take_turn``)."""
    today = clock.day(now)
    adult_on = of_age_on(born_on, on=today) if born_on is not None and kind == ProtectionKind.CHILD else None
    if adult_on is not None and adult_on <= today:
        raise Refused(_("This person is of age and decides alone."), code="OF_AGE")
    with transaction.atomic():
        for outgrown in Protection.objects.filter(
            subject_ref=subject_ref, kind=ProtectionKind(kind), ended_at=None, adult_on__lte=today
        ):
            _end(outgrown, actor, now)
        row, is_new = Protection.objects.get_or_create(
            subject_ref=subject_ref,
            kind=ProtectionKind(kind),
            ended_at=None,
            defaults={"ground": ProtectionGround(ground), "adult_on": adult_on, "noted_at": now},
        )
        learnt = not is_new and _says_more(row, ProtectionGround(ground), adult_on)
        if learnt:
            row.adult_on, row.ground = adult_on, ProtectionGround(ground)
            row.save(update_fields=["adult_on", "ground"])
        if is_new and row.kind == ProtectionKind.CHILD:
            for told in ports.became_child:
                told(subject_ref=subject_ref, at=now)
        if is_new or learnt:
            _record(AuditKind.PEOPLE_PROTECTION_NOTED, row, actor, now)
    return row


def _says_more(row: Protection, ground: ProtectionGround, adult_on: date | None) -> bool:
    """Whether what is said now takes the place of what a note says: a document that of every word, with its day or without
    one; a word never that of a document; another day of a document only where it is the later one.
    """
    if row.ground != ProtectionGround.DOCUMENT:
        is_document = row.kind == ProtectionKind.CHILD and ground == ProtectionGround.DOCUMENT
        return is_document or (adult_on is not None and adult_on != row.adult_on)
    if ground != ProtectionGround.DOCUMENT or adult_on is None:
        return False
    return row.adult_on is None or row.adult_on < adult_on


@retried
def end(*, protection: Protection, actor: Actor, now: datetime) -> None:
    """The person answers alone again, and whoever has to know is told in the same transaction (``ports.protection_ended``).

    Raises IllegalMove when it had ended already, Refused (TWO_PEOPLE) while they are frozen as a child.
    """
    with transaction.atomic():
        freezes.take_turn(protection.subject_ref)
        freezes.require_not_frozen(protection.subject_ref)
        _end(protection, actor, now)


@retried
def end_all(*, subject_ref: UUID, actor: Actor, now: datetime) -> int:
    """End whatever holds for the person, in one transaction; returns how many. Raises Refused (TWO_PEOPLE) while they are
    frozen as a child.
    """
    with transaction.atomic():
        freezes.take_turn(subject_ref)
        freezes.require_not_frozen(subject_ref)
        rows = Protection.objects.filter(subject_ref__in=refs_of(subject_ref), ended_at=None)
        for row in rows:
            _end(row, actor, now)
    return len(rows)


def end_notes_of_freezes(*, refs: Collection[UUID], actor: Actor, now: datetime) -> None:
    """The person's last freeze has ended (``freeze_release.end``): so do the notes of a child that freezes make. A guardian whom a
    court appointed has nothing to do with age, and the person's own word is theirs. In the caller's transaction.
    """
    rows = Protection.objects.filter(kind=ProtectionKind.CHILD, ground__in=_OF_FREEZES, ended_at=None)
    for row in rows.filter(subject_ref__in=refs).order_by("pk"):
        _end(row, actor, now)


def rest_on_reports(*, refs: Collection[UUID], actor: Actor, now: datetime) -> None:
    """Only a report freezes the child, and no signed document does any more or did: the note rests on the report, and no day
    that such a document showed, or that somebody stated, ends it. In the caller's transaction.
    """
    passing = Q(ground=ProtectionGround.DOCUMENT) | Q(adult_on__isnull=False)
    rows = Protection.objects.filter(passing, kind=ProtectionKind.CHILD, ended_at=None)
    for row in rows.filter(subject_ref__in=refs).order_by("pk"):
        row.ground, row.adult_on = ProtectionGround.REPORTED, None
        row.save(update_fields=["ground", "adult_on"])
        _record(AuditKind.PEOPLE_PROTECTION_NOTED, row, actor, now)


def _end(row: Protection, actor: Actor, now: datetime) -> None:
    if Protection.objects.filter(pk=row.pk, ended_at=None).update(ended_at=now) != 1:
        raise IllegalMove(_("This had ended already."))
    row.refresh_from_db()
    for told in ports.protection_ended:
        told(subject_ref=row.subject_ref, at=now)
    _record(AuditKind.PEOPLE_PROTECTION_ENDED, row, actor, now)


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
