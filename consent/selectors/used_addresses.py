"""Which of a person's addresses a client knows: it must not learn the others from an answer that covers them all."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from consent.models import ConsentEvent, ConsentEvidence
from consent.rules.fold import YES
from consent.states import Way
from portal.people.models import Fiduciary

#: Evidence of an answer: its address was named in the act, and not only known to us as the same person's.
NAMED = "address_named"


def used_by(fiduciary: Fiduciary, keys: Iterable[bytes]) -> set[bytes]:
    """Those of the lookup hashes at which the fiduciary may be spoken to of the person: for Onesetu itself all of them.

    For a client those where somebody ever said yes to it, or which came in its list, or were named in a withdrawal or
    stop. A no that was only spread to an address, its undo and its end make no address known.
    """
    wanted = set(keys)
    if fiduciary.is_self or not wanted:
        return wanted
    named = Exists(ConsentEvidence.objects.filter(event=OuterRef("pk"), kind=NAMED))
    said = ConsentEvent.objects.filter(
        Q(answer__in=YES) | Q(way=Way.IMPORT) | named, fiduciary=fiduciary, address_key__in=wanted
    )
    return {bytes(key) for key in said.values_list("address_key", flat=True).distinct()}
