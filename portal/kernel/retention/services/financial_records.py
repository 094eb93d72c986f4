"""Noting what other systems keep by financial year, and that it was destroyed there."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.people.services import maker_checker
from portal.kernel.retention import financial_record_rules
from portal.kernel.retention.models import BooksRow
from portal.kernel.retention.permissions import Permission


def note(
    *, kind: str, financial_year: int, system: str, annual_return_due_on: date, actor: Actor, now: datetime
) -> BooksRow:
    """Note that a system holds the papers of a kind and year, with its audit event, in one transaction.

    Raises NotAllowed, and Refused for a row that stands already (NOTED).
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.BOOKS_NOTE)
    with access.acting(person, Permission.BOOKS_NOTE):
        try:
            with transaction.atomic():
                row = BooksRow.objects.create(
                    kind=kind,
                    financial_year=financial_year,
                    system=system.strip(),
                    annual_return_due_on=annual_return_due_on,
                    noted_by=person,
                    noted_at=now,
                )
        except IntegrityError as error:
            raise Refused(_("This is noted already."), code="NOTED") from error
        _record(AuditKind.RETENTION_BOOKS_NOTED, row, actor)
    return row


def note_destroyed(*, row: BooksRow, certificate: str, actor: Actor, now: datetime) -> None:
    """Note that the other system has destroyed the papers; ``certificate`` is its reference. In one transaction.

    Raises NotAllowed, IllegalMove when it was noted before, and Refused while a rule keeps them (KEPT).
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.BOOKS_NOTE)
    found = financial_record_rules.verdict_of(row, now=now)
    if found is None or found.is_kept:
        raise Refused(_("A rule retains these still. Check the day in the list."), code="KEPT")
    with access.acting(person, Permission.BOOKS_NOTE):
        waiting = BooksRow.objects.filter(pk=row.pk, destroyed_on=None)
        changed = waiting.update(destroyed_on=clock.day(now), destroyed_by=person, certificate=certificate.strip())
        if changed != 1:
            raise IllegalMove(_("This was noted already."))
        row.refresh_from_db()
        _record(AuditKind.RETENTION_BOOKS_DESTROYED, row, actor)


def _record(kind: AuditKind, row: BooksRow, actor: Actor) -> None:
    audit.record(
        kind, actor=actor, about=f"retention.books:{row.pk}", facts={"kind": str(row.kind), "rule": row.retention_class}
    )
