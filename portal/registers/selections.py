"""Queries by which people affected by an incident are found, as far as this room and those below know them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.outbox.models import Message
from portal.people.models import Membership, Principal, Subject
from portal.people.states import SubjectKind
from portal.registers.models import Disclosure, Telling

CHUNK = 2_000


def within(rows: QuerySet[Any], column: str, since: datetime | None, until: datetime | None) -> QuerySet[Any]:
    """The rows from ``since`` up to, not including, ``until``; either may be open."""
    rows = rows.filter(**{f"{column}__gte": since}) if since is not None else rows
    return rows.filter(**{f"{column}__lt": until}) if until is not None else rows


class Everybody:
    """Registered in ``hooks.people_selections``."""

    code = "everybody"
    label = _("Everybody we know (entered in the time, if one is given)")
    needs_of = False

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons who were not erased."""
        rows = within(Subject.objects.filter(kind=SubjectKind.PRINCIPAL, erased_at=None), "created_at", since, until)
        yield from rows.values_list("ref", flat=True).iterator(CHUNK)


class OfCustomer:
    """Registered in ``hooks.people_selections``."""

    code = "of_customer"
    label = _("Members of a customer (its reference, or leave empty for every customer)")
    needs_of = False

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons who act for a customer now."""
        rows = Membership.objects.filter(ended_at=None)
        rows = rows.filter(customer__reference=of) if of else rows
        yield from rows.values_list("principal__subject__ref", flat=True).iterator(CHUNK)


class AtRecipient:
    """Registered in ``hooks.people_selections``."""

    code = "at_recipient"
    label = _("People of whom a recipient was told or given data (the recipient's code)")
    needs_of = True

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons in the books of disclosures and of instructions."""
        given = within(Disclosure.objects.filter(recipient_code=of), "disclosed_at", since, until)
        yield from _persons(given.values_list("subject_ref", flat=True))
        told = within(Telling.objects.filter(recipient__code=of), "told_at", since, until)
        yield from _persons(told.values_list("subject_ref", flat=True))


class Messaged:
    """Registered in ``hooks.people_selections``."""

    code = "messaged"
    label = _("People to whom we wrote (a kind of message, or leave empty for every kind)")
    needs_of = False

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons to whom a message was promised in the time."""
        rows = within(Message.objects.all(), "created_at", since, until)
        yield from _persons((rows.filter(kind=of) if of else rows).values_list("subject_ref", flat=True))


def _persons(refs: Any) -> Iterator[UUID]:
    """The persons among subject references, a customer's own among them: its people."""
    waiting: set[UUID] = set()
    for ref in refs.order_by().distinct().iterator(CHUNK):
        waiting.add(ref)
        if len(waiting) == CHUNK:
            yield from persons_among(waiting)
            waiting.clear()
    yield from persons_among(waiting)


def persons_among(refs: set[UUID]) -> Iterator[UUID]:
    """Persons among the references, and the people who act for a customer among them. At most some 2,000 at once."""
    own = frozenset(refs)
    yield from Principal.objects.filter(subject__ref__among=own).values_list("subject__ref", flat=True)
    members = Membership.objects.filter(customer__subject__ref__among=own, ended_at=None)
    yield from members.values_list("principal__subject__ref", flat=True)
