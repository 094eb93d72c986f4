"""Who an address of a list stands for."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from consent.consent_imports.services.external_consents import ASKED
from consent.records.models.events import ConsentEvent
from consent.records.selectors import batch_lookups
from portal.kernel.core.actor import Actor
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint, Fiduciary
from portal.kernel.people.services import people as persons
from portal.kernel.people.services.contacts import Reach
from portal.kernel.people.services.people import NewPerson

#: Kind and normal form of an address, and its lookup hashes under every key in use.
Place = tuple[str, str, tuple[bytes, ...]]


def subjects_of(
    fiduciary: Fiduciary, places: Sequence[Place], *, source: str, actor: Actor, now: datetime
) -> dict[bytes, UUID]:
    """The subject of each address, by its present lookup hash. In the caller's transaction, set by set.

    Whoever ``known_at`` finds, else somebody new, who is known by the address alone, which the list (``source``) vouches
    for.
    """
    found = known_at(fiduciary, places)
    new = {keys[0]: Reach(kind, address, verified=True) for kind, address, keys in places if keys[0] not in found}
    if not new:
        return found
    reached = [NewPerson(reached_at=[reach]) for reach in new.values()]
    made = persons.bring(people=reached, source=source, actor=actor, now=now)
    return found | dict(zip(new, made, strict=True))


def known_at(fiduciary: Fiduciary, places: Sequence[Place]) -> dict[bytes, UUID]:
    """The subject of each address where there is one: who spoke for it to the fiduciary last, else who holds it."""
    present = {key: keys[0] for _kind, _address, keys in places for key in keys}
    found: dict[bytes, UUID] = {}
    for some in _some(present):
        held = ContactPoint.objects.filter(address_key__among=some, left_at=None)
        for key, ref in held.order_by("pk").values_list("address_key", "principal__subject__ref"):
            found[present[bytes(key)]] = ref
    for some in _some(present):
        said = ConsentEvent.objects.filter(fiduciary=fiduciary, address_key__among=some)
        for key, ref in said.order_by("pk").values_list("address_key", "subject_ref"):
            found[present[bytes(key)]] = ref
    return found


def protected_at(fiduciary: Fiduciary, places: Sequence[Place], *, at: datetime) -> set[bytes]:
    """The addresses, by their present lookup hash, whose person, or one of whose holders, cannot say yes alone."""
    present = {key: keys[0] for _kind, _address, keys in places for key in keys}
    reached = {(key, ref) for key, ref in known_at(fiduciary, places).items()}
    reached |= {(present[key], one.ref) for key, rows in batch_lookups.holders(present).items() for one in rows}
    refs = list({ref for _key, ref in reached})
    protected = {
        ref
        for start in range(0, len(refs), ASKED)
        for ref in people.protected_among(refs[start : start + ASKED], at=at)
    }
    return {key for key, ref in reached if ref in protected}


def _some(keys: Iterable[bytes]) -> Iterator[frozenset[bytes]]:
    every = list(keys)
    for first in range(0, len(every), ASKED):
        yield frozenset(every[first : first + ASKED])
