"""Who is written to about a subject, and where a letter reaches them."""

from uuid import UUID

from django.db.models import Q

from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Principal, User


def people_of(subject_ref: UUID) -> list[Principal]:
    """The person behind a reference, under whichever name they are known, or the owners of the customer it stands for."""
    refs = people.refs_of(subject_ref)
    owns = Q(
        memberships__customer__subject__ref__in=refs,
        memberships__role=MemberRole.OWNER,
        memberships__ended_at=None,
    )
    rows = Principal.objects.filter(Q(subject__ref__in=refs) | owns, subject__erased_at=None)
    return list(rows.select_related("subject").distinct().order_by("pk"))


def reach(person: Principal) -> tuple[Channel, str] | None:
    """Where a letter reaches somebody: by e-mail, by SMS, or on the page of a login of theirs (r.7(1): account or mode)."""
    for channel in (Channel.EMAIL, Channel.SMS):
        contact = people.contact_for(person, channel)
        if contact is not None:
            return channel, contact.address
    login = User.objects.filter(principal=person, is_active=True).exists()
    return (Channel.DASHBOARD, "") if login else None
