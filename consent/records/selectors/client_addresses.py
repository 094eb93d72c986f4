"""Which of a person's addresses a client knows: it must not learn the others from an answer that covers them all."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from django.db.models import Exists, OuterRef, Q

from consent.base.choices import Way
from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent
from consent.records.models.evidence import ConsentEvidence
from consent.records.models.suppressions import Suppression
from consent.records.selectors.batch_lookups import ASKED
from portal.kernel.people.models import Fiduciary

#: Evidence of an answer: its address was named in the act, and not only known to us as the same person's.
NAMED = "address_named"


def used_by(fiduciary: Fiduciary, keys: Iterable[bytes]) -> set[bytes]:
    """Those of the lookup hashes at which the fiduciary may be spoken to of the person: for Onesetu itself all of them.

    For a client those where somebody ever said yes to it, or which came in its list, or were named in a withdrawal or
    stop. A no that was only spread to an address, its undo and its end make no address known.
    """
    wanted = set(keys)
    return wanted if fiduciary.is_self or not wanted else _used(fiduciary.pk, wanted)


def is_used_by(client: int, keys: Iterable[bytes]) -> bool:
    """Whether a client has to do with the address that these lookup hashes stand for."""
    return bool(_used(client, set(keys)))


def told_of_noes(client: int, keys: Collection[bytes]) -> set[bytes]:
    """Those of the lookup hashes at which a client may be told that somebody said no, or stopped promotion.

    Those it uses, and those that were stopped by name while nobody knew whose they are. Anywhere else a no was only
    spread there from another address of the same person: told of it, whoever guesses addresses learns that they are one's.
    """
    found: set[bytes] = set()
    listed = list(keys)
    for start in range(0, len(listed), ASKED):
        some = set(listed[start : start + ASKED])
        alone = Suppression.objects.filter(fiduciary=client, address_key__among=frozenset(some), event=None)
        found |= _used(client, some) | {bytes(key) for key in alone.values_list("address_key", flat=True)}
    return found


def _used(client: int, keys: AbstractSet[bytes]) -> set[bytes]:
    named = Exists(ConsentEvidence.objects.filter(event=OuterRef("pk"), kind=NAMED))
    said = ConsentEvent.objects.filter(
        Q(answer__in=YES) | Q(way=Way.IMPORT) | named, fiduciary=client, address_key__among=frozenset(keys)
    )
    return {bytes(key) for key in said.values_list("address_key", flat=True).distinct()}
