"""Which orders we may speak about, and what people may read of disclosures."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from portal.kernel.core import clock
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Membership
from portal.kernel.registers.base.choices import OrderState
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.recipients.models.disclosures import Disclosure


def _silent(on: date) -> Q:
    """Orders about which we must be silent on a day: without a last day until somebody notes the end."""
    return Q(is_secret=True, secrecy_ended_at=None) & (Q(secret_until=None) | Q(secret_until__gte=on))


def may_speak(order: AuthorityOrder, *, at: datetime) -> bool:
    """Whether no silence binds us about an order. Its last day of silence is one of silence still."""
    return not AuthorityOrder.objects.filter(_silent(clock.day(at)), pk=order.pk).exists()


def open_about(*, subject_refs: Iterable[UUID]) -> list[tuple[UUID, str]]:
    """Registered in ``ports.orders``: orders that wait for their answer, with those of these subjects they are about.

    Nothing that an order asks for is erased before two people have answered it; of a customer's order nothing of its
    owners either, also of who owned it when the order came. Two statements, one where no order is open.
    """
    waiting = AuthorityOrder.objects.filter(state=OrderState.RECEIVED).order_by("reference")
    rows = list(waiting.values_list("reference", "subject_refs", "received_at"))
    about = {reference: {UUID(ref) for ref in refs} for reference, refs, _came in rows}
    if not about:
        return []
    asked, owners = frozenset(subject_refs), dict[UUID, set[UUID]]()
    first = min(came for _reference, _refs, came in rows)
    for account, owner in _owning(set().union(*about.values()), since=first):
        owners.setdefault(account, set()).add(owner)
    return [
        (ref, reference)
        for reference, refs in about.items()
        for ref in sorted(asked & refs.union(*(owners.get(account, set()) for account in refs)))
    ]


def owners_of(accounts: Iterable[UUID], *, since: datetime) -> set[UUID]:
    """Who owns one of the accounts, or did at ``since`` or later: an order about the account is about them too."""
    return {owner for _account, owner in _owning(accounts, since=since)}


def _owning(accounts: Iterable[UUID], *, since: datetime) -> Iterable[tuple[UUID, UUID]]:
    owning = Membership.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=since), customer__subject__ref__in=accounts, role=MemberRole.OWNER
    )
    return owning.values_list("customer__subject__ref", "principal__subject__ref")


def disclosures_to_show(refs: Iterable[UUID], *, at: datetime) -> QuerySet[Disclosure]:
    """What the person may read of who got their data: nothing of an order that binds us to silence."""
    secret = AuthorityOrder.objects.filter(_silent(clock.day(at))).values_list("reference", flat=True)
    hidden = [f"{AuthorityOrder.OWNER}{reference}" for reference in secret]
    return Disclosure.objects.filter(subject_ref__in=list(refs)).exclude(about__in=hidden)


def authority_of(rows: Iterable[Disclosure]) -> dict[str, str]:
    """The authority behind disclosures to authorities, by their ``about``."""
    wanted = {
        row.about.removeprefix(AuthorityOrder.OWNER) for row in rows if row.about.startswith(AuthorityOrder.OWNER)
    }
    found = AuthorityOrder.objects.filter(reference__in=wanted).values_list("reference", "authority")
    return {f"{AuthorityOrder.OWNER}{reference}": authority for reference, authority in found}


def counts(*, year: int, at: datetime) -> dict[str, int]:
    """Orders of a calendar year in India: how many came, how many were answered with data, with nothing, and are open.

    Those about which we must be silent are counted once that has ended.
    """
    rows = AuthorityOrder.objects.filter(received_at__gte=_begins(year), received_at__lt=_begins(year + 1))
    rows = rows.exclude(_silent(clock.day(at)))
    return {
        "received": rows.count(),
        "given": rows.filter(state=OrderState.GIVEN).count(),
        "refused": rows.filter(state=OrderState.REFUSED).count(),
        "open": rows.filter(state=OrderState.RECEIVED).count(),
        "people": len(
            {ref for refs in rows.filter(state=OrderState.GIVEN).values_list("subject_refs", flat=True) for ref in refs}
        ),
    }


def _begins(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=clock.IST)
