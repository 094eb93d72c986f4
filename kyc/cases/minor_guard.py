"""Papers about somebody who is known to be under 18, by whoever's word: none is taken, and nothing is decided about one.

A signed date of birth does more (``kyc.review.services.underage_detections``). A word alone erases nothing: it may be a mistake, and ends with
the note in ``portal.kernel.people``.
"""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import CustomerType
from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from portal.kernel.people.choices import CustomerKind, MemberRole
from portal.kernel.people.models import Membership
from portal.kernel.people.selectors import is_child, refs_of_children

TAKES_NONE = _("We know this person as under 18, and take no documents of children. Ask a person if this is wrong.")


def is_a_person(case: Case) -> bool:
    """A sole proprietor is the person, whatever kind of account they opened."""
    return case.customer.kind == CustomerKind.INDIVIDUAL or case.customer_type == CustomerType.PROPRIETOR


def is_of_a_child(case: Case, party: Party | None, *, at: datetime) -> bool:
    """Whether the papers of a party, or of a customer who is a person, are those of somebody known to be under 18."""
    if party is not None:
        return party.principal is not None and is_child(party.principal.subject.ref, at=at)
    if not is_a_person(case):
        return False
    owners = Membership.objects.filter(customer=case.customer_id, role=MemberRole.OWNER, ended_at=None)
    return any(is_child(ref, at=at) for ref in owners.values_list("principal__subject__ref", flat=True))


def not_of_children(*, at: datetime) -> Q:
    """The same for many documents at once, as a condition on them: under every reference that was joined to a child's."""
    children = refs_of_children(at)
    parties = Party.objects.filter(principal__subject__ref__in=children).values("pk")
    owners = Membership.objects.filter(role=MemberRole.OWNER, ended_at=None, principal__subject__ref__in=children)
    persons = Q(case__customer__kind=CustomerKind.INDIVIDUAL) | Q(case__customer_type=CustomerType.PROPRIETOR)
    own = Q(party=None, case__customer__in=owners.values("customer")) & persons
    return ~own & ~Q(party__in=parties)
