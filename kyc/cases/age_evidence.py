"""What a signed document says of somebody's age: asked before anybody's word is taken."""

from uuid import UUID

from django.db.models import Q

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import DocumentState
from kyc.base.models.checks import Check
from portal.kernel.people.choices import CustomerKind, MemberRole
from portal.kernel.people.models import Membership
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services.age_declarations import ADULT, CHILD, UNKNOWN


def age_shown(*, subject_ref: UUID) -> str:
    """Give "adult" or "child" by the newest check of a signed date of birth of the person, which an approved document bears
    out where it says adult; empty where no document says. Fills ``answers.age_shown``.
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
