"""Whose nominee may act now: read from the claims that two people agreed to. Reads only."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from grievances.base.models.requests import RightsRequest
from grievances.nominees.choices import LIVE, NEEDS, StandingState
from grievances.nominees.models import Nominee, NomineeStanding
from grievances.tickets.services import thread_access
from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors as people

#: The detail that says since when an address of an officer's waits for its code (``services.nominations``).
ADDRESS_WAITS = "person_address_waits"


def of_request(request: RightsRequest, *, any_right: bool = False) -> NomineeStanding | None:
    """The standing under which a nominee asks: their shown address is the named one, and the person the one they mean.

    None where there is none, or where the person did not name what is asked (``any_right`` leaves that out). The addresses
    of the person are asked as they are now: an account at rest keeps them.
    """
    keys = shown_keys(request)
    if not keys:
        return None
    meant = refs_meant(request)
    needed = NEEDS.get(request.right)
    rows = NomineeStanding.objects.filter(state=StandingState.IN_FORCE, nominee__ended_at=None).filter(
        Q(nominee__email_key__in=keys) | Q(nominee__phone_key__in=keys)
    )
    for row in rows.select_related("nominee").order_by("-granted_at", "-pk"):
        is_named = any_right or (needed is not None and row.nominee is not None and needed in row.nominee.rights)
        if is_named and not people.refs_of(row.person_ref).isdisjoint(meant):
            return row
    return None


def person_of(request: RightsRequest) -> UUID:
    """The person for whom a nominee asks. Raises Refused (WHOSE) where nobody's nominee may act now at that address."""
    standing = of_request(request)
    if standing is None:
        raise Refused(_("No one whose nominee may act now has that address."), code="WHOSE")
    return standing.person_ref


def live_about(subject_ref: UUID) -> QuerySet[NomineeStanding]:
    """Standings that are not over about a person, under any reference of theirs."""
    rows = NomineeStanding.objects.filter(person_ref__in=people.refs_of(subject_ref), state__in=LIVE)
    return rows.select_related("nominee", "request__ticket").order_by("granted_at", "pk")


def shown_keys(request: RightsRequest) -> list[bytes]:
    """The lookup hashes of the addresses at which the asking person typed a code."""
    shown = request.ticket.contacts.filter(verified_at__isnull=False)
    return [bytes(key) for key in shown.values_list("address_key", flat=True)]


def refs_meant(request: RightsRequest) -> set[UUID]:
    """Everybody who confirmed the address that the request names, by one reference each; nobody for none, for one that people merely typed, and for
    one of an officer's without its code.
    """
    details = thread_access.details_of(request)
    named = "" if details.get(ADDRESS_WAITS) else details.get("person_address", "").strip()
    kind = addresses.kind_of(named)
    try:
        return {person.subject.ref for person in people.confirmed_at(kind, named)}
    except Refused:  # what they typed is no address
        return set()


def nominees_among(refs: set[UUID], keys: list[bytes]) -> list[Nominee]:
    """Nominees that stand, of these people, with one of these addresses."""
    rows = Nominee.objects.filter(subject_ref__in=people.every_ref(refs), ended_at=None)
    return list(rows.filter(Q(email_key__in=keys) | Q(phone_key__in=keys)).order_by("pk"))
