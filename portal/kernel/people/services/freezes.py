"""The freezes of a child, asked before anything that they keep closed is opened.

A freeze is a row of another room: a signed document or a report showed a child, and no two people have ended it. While any of
a person stands, the note that they are a child and the accounts that were closed stay as they are (``freezing`` gives back).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import advisory_locks, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import CustomerKind, MemberRole, ProtectionGround
from portal.kernel.people.models import Customer, Membership
from portal.kernel.people.selectors import refs_of


@dataclass(frozen=True)
class Taken:
    """What a freeze took: the references of the accounts it closed, and whether it noted that the person is a child."""

    customers: tuple[str, ...] = ()
    is_noted: bool = False


class Freezes(Protocol):
    """The freezes of one room, as it registers them in ``ports.freezes``. ``refs`` are all references of one person."""

    #: By what they note a child.
    ground: ProtectionGround

    def stands(self, *, refs: Collection[UUID]) -> bool:
        """Whether one of the person stands."""

    def closed(self, *, refs: Collection[UUID]) -> set[str]:
        """The references of the accounts that those which stand keep closed."""

    def take_over(self, *, refs: Collection[UUID], taken: Taken) -> None:
        """One that stands gives this back as well when it ends, in the caller's transaction. Asked only where one stands."""

    def ended(self, *, refs: Collection[UUID], actor: Actor, at: datetime) -> None:
        """Told, in the same transaction, that the person's last freeze in any room has ended."""


def take_turn(*subject_refs: UUID) -> None:
    """Wait until nobody else freezes these persons, ends a freeze of theirs or opens what it closed, until the caller's
    transaction ends. Taken before any row of a freeze is locked or written.
    """
    advisory_locks.take(*{f"freeze:{ref}" for subject_ref in subject_refs for ref in refs_of(subject_ref)})


def grounds_of(refs: Collection[UUID]) -> set[ProtectionGround]:
    """By what the freezes of a person that stand note a child."""
    return {room.ground for room in ports.freezes if room.stands(refs=refs)}


def is_frozen(subject_ref: UUID) -> bool:
    """Whether any freeze of the person stands."""
    return bool(grounds_of(refs_of(subject_ref)))


def require_not_frozen(*subject_refs: UUID) -> None:
    """Raises Refused (TWO_PEOPLE) where one of these is frozen as a child: two people end that, with all that belongs to it."""
    if any(is_frozen(ref) for ref in subject_refs):
        raise _by_two_people()


def require_may_open(customer: Customer) -> None:
    """Raises Refused (TWO_PEOPLE) for the own account of somebody who is frozen as a child, and for any other account that a
    freeze of its owner closed: the shop of a sole proprietor may be called an organisation.
    """
    people = people_of(customer)
    if customer.kind == CustomerKind.INDIVIDUAL:
        require_not_frozen(*people)
    elif any(customer.reference in room.closed(refs=refs_of(ref)) for ref in people for room in ports.freezes):
        raise _by_two_people()


def people_of(customer: Customer) -> Iterable[UUID]:
    """Whose freeze keeps an account closed: everybody whose own it is, or who owns the organisation."""
    own = Q() if customer.kind == CustomerKind.INDIVIDUAL else Q(role=MemberRole.OWNER)
    rows = Membership.objects.filter(own, customer=customer, ended_at=None).order_by("pk")
    return list(rows.values_list("principal__subject__ref", flat=True))


def _by_two_people() -> Refused:
    return Refused(
        _(
            "A document or a report showed a child: two people end that freeze, on the page of the report of a child, or of "
            "the person found to be under age."
        ),
        code="TWO_PEOPLE",
    )
