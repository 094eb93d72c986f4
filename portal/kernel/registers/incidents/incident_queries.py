"""Queries by which people affected by an incident are found, as far as this room and those below know them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.outbox.models import Message
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Customer, Membership, Principal, Subject
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.instructions import Telling
from portal.kernel.registers.recipients.models.recipients import Recipient

CHUNK = 2_000


def within(rows: QuerySet[Any], column: str, since: datetime | None, until: datetime | None) -> QuerySet[Any]:
    """The rows from ``since`` up to, not including, ``until``; either may be open."""
    rows = rows.filter(**{f"{column}__gte": since}) if since is not None else rows
    return rows.filter(**{f"{column}__lt": until}) if until is not None else rows


def members_in(since: datetime | None, until: datetime | None) -> QuerySet[Membership]:
    """Memberships that stood at any moment of the span; without one those that stand now."""
    rows = Membership.objects.filter(joined_at__lt=until) if until is not None else Membership.objects.all()
    if since is not None:
        return rows.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    return rows if until is not None else rows.filter(ended_at=None)


def unknown(message: object) -> Refused:
    """The refusal of what nobody knows: a search for it would find nobody and look done."""
    return at_field("of", message, code="OF_UNKNOWN")


class Everybody:
    """Registered in ``ports.people_selections``."""

    code = "everybody"
    label = _("Everyone we know (entered in the time, if one is given)")
    needs_of = False

    def known(self, of: str) -> str:
        """Nothing is asked: of everybody there are no parts."""
        if of:
            raise unknown(_("This query asks for nothing more. Leave it empty."))
        return ""

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons who were not erased."""
        rows = within(Subject.objects.filter(kind=SubjectKind.PRINCIPAL, erased_at=None), "created_at", since, until)
        yield from rows.values_list("ref", flat=True).iterator(CHUNK)


class OfCustomer:
    """Registered in ``ports.people_selections``."""

    code = "of_customer"
    label = _(
        "Members of a customer in the time, or now where none is given (its reference, or empty for every customer)"
    )
    needs_of = False

    def known(self, of: str) -> str:
        """The reference of a customer as we write it."""
        if not of:
            return ""
        try:
            reference = parse_reference(of, "CU")
        except BadReference as error:
            raise unknown(str(error)) from error
        if not Customer.objects.filter(reference=reference).exists():
            raise unknown(_("No customer has this reference."))
        return reference

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons who acted for a customer at some moment of the time."""
        rows = members_in(since, until)
        rows = rows.filter(customer__reference=of) if of else rows
        yield from rows.values_list("principal__subject__ref", flat=True).iterator(CHUNK)


class AtRecipient:
    """Registered in ``ports.people_selections``."""

    code = "at_recipient"
    label = _("People of whom a recipient was notified or given data (the recipient's code)")
    needs_of = True

    def known(self, of: str) -> str:
        """The code of a recipient, of today or of before, or the mark of an authority in the book of disclosures."""
        for code in (of, of.lower()):
            if Recipient.objects.filter(code=code).exists() or Disclosure.objects.filter(recipient_code=code).exists():
                return code
        raise unknown(_("No recipient has this code. The codes are in the register of recipients."))

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons in the books of disclosures and of instructions."""
        given = within(Disclosure.objects.filter(recipient_code=of), "disclosed_at", since, until)
        yield from _persons(given.values_list("subject_ref", flat=True), since, until)
        told = within(Telling.objects.filter(recipient__code=of), "told_at", since, until)
        yield from _persons(told.values_list("subject_ref", flat=True), since, until)


class Messaged:
    """Registered in ``ports.people_selections``."""

    code = "messaged"
    label = _("People to whom we wrote (a kind of message, or leave empty for every kind)")
    needs_of = False

    def known(self, of: str) -> str:
        """A kind of which there was a message."""
        kind = of.lower()
        if kind and not Message.objects.filter(kind=kind).exists():
            raise unknown(_("No message of this kind was written. The kinds are in the list of messages."))
        return kind

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons to whom a message was promised in the time."""
        rows = within(Message.objects.all(), "created_at", since, until)
        rows = rows.filter(kind=of) if of else rows
        yield from _persons(rows.values_list("subject_ref", flat=True), since, until)


def _persons(refs: Any, since: datetime | None, until: datetime | None) -> Iterator[UUID]:
    """The persons among subject references, a customer's own among them: its people in the time."""
    waiting: set[UUID] = set()
    for ref in refs.order_by().distinct().iterator(CHUNK):
        waiting.add(ref)
        if len(waiting) == CHUNK:
            yield from persons_among(waiting, since=since, until=until)
            waiting.clear()
    yield from persons_among(waiting, since=since, until=until)


def persons_among(refs: set[UUID], *, since: datetime | None, until: datetime | None) -> Iterator[UUID]:
    """Persons among the references, and who acted for a customer among them in the time. At most some 2,000 at once."""
    own = frozenset(refs)
    yield from Principal.objects.filter(subject__ref__among=own).values_list("subject__ref", flat=True)
    members = members_in(since, until).filter(customer__subject__ref__among=own)
    yield from members.values_list("principal__subject__ref", flat=True)
