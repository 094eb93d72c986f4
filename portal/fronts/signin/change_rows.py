"""Changes of addresses as rows: the turn of a login, what is open, the link that cancels, and the trace of each step."""

from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import advisory_locks
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import AccountChange, AddressChange, ContactPoint, Principal, User
from portal.kernel.people.services import account_changes, cancel_rights

#: How long a change is kept after it began, longer than its link lives: a technical limit.
KEPT: Final = timedelta(days=60)


def open_changes(user: User) -> QuerySet[AddressChange]:
    return AddressChange.objects.filter(user=user, done_at=None, dropped_at=None, cancelled_at=None)


def turn_of(user: User) -> User:
    """Wait until nobody else changes an address of the login, and give it as it is then."""
    advisory_locks.take(account_changes.turn_name(user))
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
    address_changes = AddressChange.objects.filter(begun_at__lt=now - KEPT).delete()[0]
    return int(address_changes + AccountChange.objects.filter(made_at__lt=now - KEPT).delete()[0])


def token_of(change: AddressChange) -> str:
    """The part of the cancel link that proves it was sent by us: a signature over the row."""
    return signing.dumps(change.pk, salt=account_changes.SALT)


def by_token(token: str, *, now: datetime) -> tuple[AddressChange | AccountChange, ContactPoint | None]:
    """The change behind a cancel link, and for a company's people and nominees the address that the link was sent to.

    Raises NotFound for a forged one, Refused (LINK_ENDED) after its days.
    """
    try:
        said = str(signing.loads(token, salt=account_changes.SALT))
    except signing.BadSignature:
        said = "0"
    number, _colon, contact_id = said.partition(":")
    contact = None
    change: AddressChange | AccountChange | None
    if contact_id:
        contact = ContactPoint.objects.select_related("principal__subject").filter(pk=contact_id).first()
        change = AccountChange.objects.select_related("user", "customer").filter(pk=number).first()
    else:
        change = AddressChange.objects.select_related("user__principal__subject").filter(pk=number).first()
    if change is None:
        raise NotFound(_("Link not found."))
    since = change.made_at if isinstance(change, AccountChange) else change.done_at or change.begun_at
    if since + account_changes.link_life(now) <= now:
        raise cancel_rights.link_ended()
    return change, contact


def person_of(change: AddressChange) -> Principal:
    if change.user.principal is None:
        raise NotFound(_("Login not found."))
    return change.user.principal


def confirmed(change: AddressChange) -> list[ContactPoint]:
    """The addresses that the person has confirmed and has now, but the new one."""
    rows = ContactPoint.objects.filter(principal=person_of(change), left_at=None).exclude(verified_at=None)
    return [row for row in rows.select_related("principal__subject") if row.address != change.new_address]


def to_be_linked(change: AddressChange, *, now: datetime) -> list[ContactPoint]:
    """Those of ``confirmed`` that get the link that cancels the change."""
    return cancel_rights.settled(confirmed(change), began=change.begun_at, now=now)


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
