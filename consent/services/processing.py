"""``may_process`` about whoever holds an address: for a call that is to be recorded, only the number is known."""

from datetime import datetime
from uuid import UUID

from consent.rules.contact import Reason
from consent.selectors.rulebook import rulebook
from consent.selectors.wishes import holders
from consent.services.decisions import Decision, may_process, refused
from portal.core import addresses
from portal.core.errors import Refused
from portal.people.models.fiduciaries import OWN_CODE


def may_process_of(
    *,
    purpose: str,
    at: datetime,
    fiduciary: str = OWN_CODE,
    subject_ref: UUID | None = None,
    address_kind: str = "",
    address: str = "",
    sign: bool = False,
) -> Decision:
    """May the data of a subject, or of everybody who holds an address, be used for ``purpose``? A no by one is a no.

    Nobody known at the address: no, whatever the purpose rests on. Never raises for a bad address. Reads only.
    """
    if subject_ref is not None:
        return may_process(subject=subject_ref, purpose=purpose, at=at, fiduciary=fiduciary, sign=sign)
    try:
        keys = addresses.address_keys(addresses.normalise(address_kind, address))
    except (Refused, ValueError):
        return refused(Reason.NO_SUCH_ADDRESS, at=at, purpose=purpose, fiduciary=fiduciary, sign=sign)
    found = [
        may_process(subject=ref, purpose=purpose, at=at, fiduciary=fiduciary, asked_at=tuple(keys), sign=sign)
        for ref in sorted(holders(keys))
    ]
    noes = [decision for decision in found if not decision.allowed]
    if not found and _is_a_message(purpose, at):
        return refused(Reason.IS_A_MESSAGE, at=at, purpose=purpose, fiduciary=fiduciary, key=keys[0], sign=sign)
    if not found:
        return refused(Reason.NO_CONSENT, at=at, purpose=purpose, fiduciary=fiduciary, key=keys[0], sign=sign)
    return noes[0] if noes else found[0]


def _is_a_message(purpose: str, at: datetime) -> bool:
    terms = rulebook(at, purpose=purpose).purposes.get(purpose)
    return terms is not None and terms.sends_messages
