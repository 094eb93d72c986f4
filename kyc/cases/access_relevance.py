"""For which work somebody may look at a customer's papers: work about the customer, or about the people behind it.

A reason that names somebody else's ticket would stand in the audit events for years, and on the customer's own pages.
"""

from uuid import UUID

from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from portal.kernel.core import work_references
from portal.kernel.people.models import Membership
from portal.kernel.people.selectors import refs_of

#: Work that may need the papers of anybody: an authority's order, an incident, a child that was reported, an erasure, files
#: that were taken over.
_ABOUT_MANY = ("AO", "BR", "CH", "EC", "TO")


def is_about(ticket: str, case: Case) -> bool:
    """Whether a parsed ticket is a queue, work about many, or work about this customer or one of its people."""
    if ticket in work_references.QUEUES or ticket.startswith(tuple(f"OS-{kind}-" for kind in _ABOUT_MANY)):
        return True
    whose = work_references.subject_of(ticket)
    return whose is not None and not refs_of(whose).isdisjoint(_refs_about(case))


def _refs_about(case: Case) -> set[UUID]:
    """The references of the customer, of everybody who stood behind it, and of everybody who acted for it."""
    parties = Party.objects.filter(case=case).values_list("subject_ref", "principal__subject__ref")
    members = Membership.objects.filter(customer=case.customer_id).values_list("principal__subject__ref", flat=True)
    return {case.subject_ref, case.customer.subject.ref, *members, *(ref for pair in parties for ref in pair if ref)}
