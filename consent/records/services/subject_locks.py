"""One answer after another: at an address, and of a person. Without turns two would be read and written past each other.

Answers of one address are a chain, each naming the one before it, and a no must never be refused because too many others
answered at that instant. What was said before is read after the turns were taken: an old no must not hide a yes that is
being written. The outbox takes the same turns before a message leaves, so that none passes a withdrawal that is committed.
"""

from collections.abc import Iterable
from uuid import UUID

from consent.records.models.events import ConsentEvent
from consent.records.services.addresses import Address, subject_keys
from portal.kernel.core import advisory_locks
from portal.kernel.people import selectors as people


def take(places: Iterable[Address], *, by: UUID | None = None) -> None:
    """The turns at the addresses of one act, and of the person whose answers it gives, in the caller's transaction."""
    advisory_locks.take(*_at(places), *(advisory_locks.of_address(subject_keys(by)) if by is not None else ()))


def take_all_of(*people_of_act: UUID, at: Iterable[Address] = ()) -> None:
    """The turns of people wherever they are reached or answered before, under each of their references, and ``at`` more.

    One call for all of them, at the beginning of a transaction that has yet to read what they said.
    """
    refs = {ref for one in people_of_act for ref in people.refs_of(one)}
    answered = ConsentEvent.objects.filter(subject_ref__in=refs).values_list("address_key", flat=True).distinct()
    advisory_locks.take(*people.turns_of(refs), *advisory_locks.of_address(bytes(key) for key in answered), *_at(at))


def _at(places: Iterable[Address]) -> set[str]:
    return {name for place in places for name in advisory_locks.of_address(place.keys)}
