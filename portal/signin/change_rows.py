"""Changes of addresses as rows: the turn of a login, what is open, the link that cancels, and the trace of each step."""

from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import turns
from portal.core.actor import Actor
from portal.core.errors import NotFound, Refused
from portal.people import promises
from portal.people.models import AddressChange, ContactPoint, Principal, User
from portal.people.states import ContactKind

#: Until the rules are loaded.
DEFAULT_LINK: Final = timedelta(days=14)
#: How long a change is kept after it began, longer than its link lives: a technical limit.
KEPT: Final = timedelta(days=60)
_SALT: Final = "portal.signin.address_change"


def open_changes(user: User) -> QuerySet[AddressChange]:
    return AddressChange.objects.filter(user=user, done_at=None, dropped_at=None, cancelled_at=None)


def turn_of(user: User) -> User:
    """Wait until nobody else changes an address of the login, and give it as it is then."""
    turns.take(f"signin.addresses:{user.pk}")
    return User.objects.select_related("principal__subject").get(pk=user.pk)


def locked(change: AddressChange) -> AddressChange:
    """The change and its login as they are now, under the turn of the login."""
    turn_of(change.user)
    rows = AddressChange.objects.select_for_update(of=("self",)).select_related("user__principal__subject")
    return rows.get(pk=change.pk)


def still_open(change: AddressChange) -> AddressChange:
    """``_locked``; raises Refused (CHANGE_ENDED) when the change is not open any more."""
    found = locked(change)
    if not found.is_open:
        raise Refused(_("This change has ended. Start again."), code="CHANGE_ENDED")
    return found


def open_change(user: User, kind: ContactKind | str) -> AddressChange | None:
    """The change of this kind that the login has begun and that is neither made nor ended."""
    return open_changes(user).filter(kind=kind).first()


def waiting_changes(user: User) -> list[AddressChange]:
    """The changes of a login that wait, for its own page."""
    return list(open_changes(user).exclude(waits_until=None).order_by("waits_until"))


def sweep(*, now: datetime) -> int:
    """Delete changes that are over for long, with the addresses in them. Gives how many rows."""
    return int(AddressChange.objects.filter(begun_at__lt=now - KEPT).delete()[0])


def token_of(change: AddressChange) -> str:
    """The part of the cancel link that proves it was sent by us: a signature over the row."""
    return signing.dumps(change.pk, salt=_SALT)


def by_token(token: str, *, now: datetime) -> AddressChange:
    """The change behind a cancel link. Raises NotFound for a forged one, Refused (LINK_ENDED) after its days."""
    try:
        number = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        number = 0
    change = AddressChange.objects.select_related("user__principal__subject").filter(pk=number).first()
    if change is None:
        raise NotFound(_("There is no such link."))
    if (change.done_at or change.begun_at) + link_life(now) <= now:
        raise Refused(_("This link has ended. File a grievance if someone took over your account."), code="LINK_ENDED")
    return change


def link_life(now: datetime) -> timedelta:
    return promises.length("signin.cancel_link", now=now, otherwise=DEFAULT_LINK)


def person_of(change: AddressChange) -> Principal:
    if change.user.principal is None:
        raise NotFound(_("There is no such login."))
    return change.user.principal


def confirmed(change: AddressChange) -> list[ContactPoint]:
    """The addresses that the person has confirmed and has now, but the new one."""
    rows = ContactPoint.objects.filter(principal=person_of(change), left_at=None).exclude(verified_at=None)
    return [row for row in rows.select_related("principal__subject") if row.address != change.new_address]


def record_change(
    kind: AuditKind,
    change: AddressChange,
    actor: Actor,
    at: datetime,
    *,
    personal: dict[str, object] | None = None,
) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.address_change:{change.pk}",
        facts={"kind": change.kind, "user": change.user_id},
        subject_ref=person_of(change).subject.ref,
        personal=personal,
        at=at,
    )
