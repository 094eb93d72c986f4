"""What a signed document says of somebody's age: asked before anybody's word is taken."""

from uuid import UUID

from django.db.models import Q

from kyc.models.checks import Check
from kyc.outcomes import CheckOutcome
from kyc.states import DocumentState
from portal.people.models import Membership
from portal.people.selectors import refs_of
from portal.people.services.ages import ADULT, CHILD, UNKNOWN
from portal.people.states import CustomerKind, MemberRole


def age_shown(*, subject_ref: UUID) -> str:
    """Give "adult" or "child" by the newest check of a signed date of birth of the person, which an approved document bears
    out where it says adult; empty where no document says. Fills ``hooks.age_shown``.
    """
    refs = refs_of(subject_ref)
    own = Membership.objects.filter(
        principal__subject__ref__in=refs, role=MemberRole.OWNER, customer__kind=CustomerKind.INDIVIDUAL, ended_at=None
    ).values("customer")
    whose = Q(document__party__principal__subject__ref__in=refs) | Q(
        document__party=None, document__case__customer__in=own
    )
    child = Q(outcome=CheckOutcome.FAIL, reason="MINOR")
    adult = Q(outcome=CheckOutcome.PASS, document__state=DocumentState.APPROVED)
    newest = Check.objects.filter(whose, child | adult, name="age").order_by("-pk").values_list("outcome", flat=True)
    outcome = newest.first()
    if outcome is None:
        return UNKNOWN
    return CHILD if outcome == CheckOutcome.FAIL else ADULT
