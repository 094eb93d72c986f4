"""Issuing, joining and ending opaque references."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import bulk, clock, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Subject, SubjectAlias


def new(kind: SubjectKind | str, *, now: datetime | None = None) -> Subject:
    """Insert one subject with a random reference, in the caller's transaction."""
    return Subject.objects.create(kind=SubjectKind(kind), created_at=now or clock.now())


def new_many(kind: SubjectKind | str, count: int, *, now: datetime) -> list[Subject]:
    """Insert that many subjects in one statement, in the caller's transaction."""
    return Subject.objects.bulk_create(Subject(kind=SubjectKind(kind), created_at=now) for _ in range(count))


def issue(kind: SubjectKind | str, count: int, *, now: datetime) -> list[tuple[int, UUID]]:
    """``new_many`` for a list of thousands: keys and references only. In the caller's transaction."""
    code = str(SubjectKind(kind))
    issued = [(key, uuid4()) for key in bulk.new_keys(Subject, count)]
    bulk.insert(Subject, ("id", "ref", "kind", "created_at"), ((key, ref, code, now) for key, ref in issued))
    return issued


@retried
def join(*, old_ref: UUID, new_ref: UUID, actor: Actor, now: datetime) -> SubjectAlias:
    """Say that two references are one person; both stay as they are. What rests on who is who is told
    (``ports.references_joined``), in the same transaction.

    Raises Refused when ``old_ref`` was joined already, or the join would make a circle.
    """
    with transaction.atomic():
        if SubjectAlias.objects.filter(old_ref=old_ref).exists():
            raise Refused(_("This reference was joined to another one already."), code="JOINED_ALREADY")
        at: UUID | None = new_ref
        while at is not None:
            if at == old_ref:
                raise Refused(_("These references are one person already."), code="JOINED_ALREADY")
            at = SubjectAlias.objects.filter(old_ref=at).values_list("new_ref", flat=True).first()
        try:
            with transaction.atomic():
                alias = SubjectAlias.objects.create(old_ref=old_ref, new_ref=new_ref, joined_at=now)
        except IntegrityError:  # somebody joined it in this instant
            raise Refused(_("This reference was joined to another one already."), code="JOINED_ALREADY") from None
        record(
            AuditKind.PEOPLE_SUBJECT_JOINED,
            actor=actor,
            about=f"people.subject:{new_ref}",
            facts={"old": str(old_ref), "new": str(new_ref)},
            subject_ref=new_ref,
            at=now,
        )
        for told in ports.references_joined:
            told(old_ref=old_ref, new_ref=new_ref, at=now)
    return alias


def end(subject: Subject, *, now: datetime) -> None:
    """Record that the person behind the reference was erased. The reference stays in the evidence."""
    Subject.objects.filter(pk=subject.pk, erased_at=None).update(erased_at=now)
    subject.refresh_from_db()
