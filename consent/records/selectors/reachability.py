"""Whether there is a way to tell somebody something, as conditions on rows with a ``subject_ref``: for thousands at once."""

from django.db.models import Exists, OuterRef, Q

from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import ContactPoint, Principal, SubjectAlias, User

#: What is tried beside the dashboard, in this order; the first that there is is used.
TRIED = (Channel.EMAIL, Channel.SMS)


def kinds_that_reach() -> list[ContactKind]:
    """The kinds of addresses that something can be sent to here."""
    return [people.CONTACT_KIND_OF_CHANNEL[channel] for channel in TRIED if can_send(channel)]


def has_principal() -> Q:
    """Whether somebody is known by this reference itself."""
    return Q(Exists(Principal.objects.filter(subject__ref=OuterRef("subject_ref"), subject__erased_at=None)))


def is_joined() -> Q:
    """Whether it was joined to another."""
    earlier = SubjectAlias.objects.filter(old_ref=OuterRef("subject_ref"))
    later = SubjectAlias.objects.filter(new_ref=OuterRef("subject_ref"))
    # Two questions: of one with an "or" in it PostgreSQL makes a join that looks at every alias for each row.
    return Q(Exists(earlier)) | Q(Exists(later))


def is_known() -> Q:
    """Whether somebody is known by it, or by another that it was joined to."""
    return has_principal() | is_joined()


def is_reached() -> Q:
    """Whether there is a login or an address to the person by this reference alone."""
    live = {"principal__subject__ref": OuterRef("subject_ref"), "principal__subject__erased_at": None}
    login = User.objects.filter(is_active=True, **live)
    confirmed = ContactPoint.objects.filter(
        kind__in=kinds_that_reach(), left_at=None, verified_at__isnull=False, **live
    )
    return Q(Exists(login)) | Q(Exists(confirmed))
