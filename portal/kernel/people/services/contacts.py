"""Addresses of a person: added, verified, given up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import Act, record, record_many
from portal.kernel.core import addresses, bulk, clock, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import ContactPoint, Principal


@dataclass(frozen=True)
class Reach:
    """An address of a person of a list, and whether it was confirmed on the way here."""

    kind: ContactKind | str
    address: str = field(repr=False)
    verified: bool = False


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
        state = _state(verified=verified)
        _record(AuditKind.PEOPLE_CONTACT_ADDED, contact, actor, at, state=state, personal={"address": plain})
    return contact


def normalised(reached_at: Iterable[Reach]) -> list[Reach]:
    """The addresses in their normal form, each once; verified if it was so anywhere. Raises Refused for what is none."""
    found: dict[str, Reach] = {}
    for reach in reached_at:
        plain = addresses.normalise(ContactKind(reach.kind), reach.address)
        verified = reach.verified or (plain in found and found[plain].verified)
        found[plain] = Reach(ContactKind(reach.kind), plain, verified=verified)
    return list(found.values())


def add_first(people: Sequence[tuple[Principal, Sequence[Reach]]], *, actor: Actor, at: datetime) -> None:
    """``add`` for people who were inserted in this transaction and hold nothing yet; addresses as ``normalised`` gives
    them.
    """
    made = ContactPoint.objects.bulk_create(
        ContactPoint(
            principal=principal,
            kind=reach.kind,
            address=reach.address,
            address_key=addresses.address_key(reach.address),
            added_at=at,
            verified_at=at if reach.verified else None,
        )
        for principal, held in people
        for reach in held
    )
    acts = [
        _act(contact, state=_state(verified=contact.verified_at is not None), personal={"address": contact.address})
        for contact in made
    ]
    record_many(AuditKind.PEOPLE_CONTACT_ADDED, actor=actor, acts=acts, at=at)


def bring_first(people: Iterable[tuple[int, Sequence[Reach]]], *, at: datetime) -> None:
    """The rows of ``add_first`` without audit events, each person named by their key: for a list of thousands, whose
    caller writes one event for all of them.
    """
    keys = addresses.hasher()
    bulk.insert(
        ContactPoint,
        ("principal_id", "kind", "address", "address_key", "added_at", "verified_at"),
        (
            (person, str(reach.kind), reach.address, keys(reach.address)[0], at, at if reach.verified else None)
            for person, held in people
            for reach in held
        ),
    )


def _state(*, verified: bool) -> str:
    return "verified" if verified else "unverified"


def _act(contact: ContactPoint, *, state: str, personal: dict[str, object] | None) -> Act:
    return Act(
        about=f"people.principal:{contact.principal_id}",
        facts={"contact": contact.pk, "kind": contact.kind, "state": state},
        subject_ref=contact.principal.subject.ref,
        personal=personal,
    )


def _record(
    kind: AuditKind,
    contact: ContactPoint,
    actor: Actor,
    at: datetime,
    *,
    state: str,
    personal: dict[str, object] | None = None,
) -> None:
    act = _act(contact, state=state, personal=personal)
    record(
        kind,
        actor=actor,
        about=act.about,
        facts=act.facts,
        subject_ref=act.subject_ref,
        personal=act.personal,
        at=at,
    )


def verify(*, contact: ContactPoint, actor: Actor, now: datetime | None = None) -> None:
    """Record that the person proved to receive what is sent to the address. Raises IllegalMove when it was given up."""
    at = now or clock.now()
    if contact.left_at is not None:
        raise IllegalMove(_("This address was removed. Add it again to confirm it."))
    with transaction.atomic():
        if ContactPoint.objects.filter(pk=contact.pk, verified_at=None, left_at=None).update(verified_at=at):
            _record(AuditKind.PEOPLE_CONTACT_VERIFIED, contact, actor, at, state="verified")
        contact.refresh_from_db()


@retried
def give_up(*, contact: ContactPoint, actor: Actor, why: str = "", now: datetime | None = None) -> None:
    """``leave``, where the person or staff said so: the person's other addresses are told (``ports.address_given_up``)."""
    with transaction.atomic():
        leave(contact=contact, actor=actor, why=why, now=now)
        for told in ports.address_given_up:
            told(contact=contact)


@retried
def leave(*, contact: ContactPoint, actor: Actor, why: str = "", now: datetime | None = None) -> None:
    """The address no longer belongs to the person: what hangs on it ends in the same transaction.

    ``why`` is kept in the part of the event that can be erased.

    Tells each callable of ``ports.address_left`` as ``told(subject_ref=, kind=, address=, at=)``. Raises Refused when
    it was given up already.
    """
    at = now or clock.now()
    with transaction.atomic():
        if not ContactPoint.objects.filter(pk=contact.pk, left_at=None).update(left_at=at):
            raise Refused(_("This address was removed already."), code="ADDRESS_LEFT_ALREADY")
        contact.refresh_from_db()
        _record(
            AuditKind.PEOPLE_CONTACT_REMOVED, contact, actor, at, state="left", personal={"why": why} if why else None
        )
        for told in ports.address_left:
            told(subject_ref=contact.principal.subject.ref, kind=contact.kind, address=contact.address, at=at)
