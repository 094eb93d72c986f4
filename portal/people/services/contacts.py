"""Addresses of a person: added, verified, given up."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import addresses, clock, hooks
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, Refused
from portal.people.models import ContactPoint, Principal
from portal.people.states import ContactKind


def add(
    *,
    principal: Principal,
    kind: ContactKind | str,
    address: str,
    actor: Actor,
    verified: bool = False,
    now: datetime | None = None,
) -> ContactPoint:
    """Give a person an address. ``verified`` is for an address that was confirmed on the way here.

    A person holds an address once: adding it again gives the row there is. Raises Refused for what is no address.
    """
    at = now or clock.now()
    plain = addresses.normalise(ContactKind(kind), address)
    with transaction.atomic():
        held = ContactPoint.objects.filter(
            principal=principal, address_key__in=addresses.address_keys(plain), left_at=None
        ).first()
        if held is not None:
            if verified and held.verified_at is None:
                verify(contact=held, actor=actor, now=at)
            return held
        contact = ContactPoint.objects.create(
            principal=principal,
            kind=ContactKind(kind),
            address=plain,
            address_key=addresses.address_key(plain),
            added_at=at,
            verified_at=at if verified else None,
        )
        state = "verified" if verified else "unverified"
        _record(AuditKind.PEOPLE_CONTACT_ADDED, contact, actor, at, state=state, personal={"address": plain})
    return contact


def _record(
    kind: AuditKind,
    contact: ContactPoint,
    actor: Actor,
    at: datetime,
    *,
    state: str,
    personal: dict[str, object] | None = None,
) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.principal:{contact.principal_id}",
        facts={"contact": contact.pk, "kind": contact.kind, "state": state},
        subject_ref=contact.principal.subject.ref,
        personal=personal,
        at=at,
    )


def verify(*, contact: ContactPoint, actor: Actor, now: datetime | None = None) -> None:
    """Record that the person proved to receive what is sent to the address. Raises IllegalMove when it was given up."""
    at = now or clock.now()
    if contact.left_at is not None:
        raise IllegalMove(_("This address was given up. Add it again to confirm it."))
    with transaction.atomic():
        if ContactPoint.objects.filter(pk=contact.pk, verified_at=None, left_at=None).update(verified_at=at):
            _record(AuditKind.PEOPLE_CONTACT_VERIFIED, contact, actor, at, state="verified")
        contact.refresh_from_db()


def leave(*, contact: ContactPoint, actor: Actor, now: datetime | None = None) -> None:
    """The address no longer belongs to the person: what hangs on it ends in the same transaction.

    Tells each callable of ``hooks.address_left`` as ``told(subject_ref=, kind=, address=, at=)``. Raises Refused when
    it was given up already.
    """
    at = now or clock.now()
    with transaction.atomic():
        if not ContactPoint.objects.filter(pk=contact.pk, left_at=None).update(left_at=at):
            raise Refused(_("This address was given up already."), code="ADDRESS_LEFT_ALREADY")
        contact.refresh_from_db()
        _record(AuditKind.PEOPLE_CONTACT_REMOVED, contact, actor, at, state="left")
        for told in hooks.address_left:
            told(subject_ref=contact.principal.subject.ref, kind=contact.kind, address=contact.address, at=at)
