"""``may_process`` about whoever holds an address: for a call that is to be recorded, only the number is known."""

from datetime import datetime
from uuid import UUID

from consent.base.rules.contact import Reason
from consent.base.selectors.contact_rulebook import rulebook
from consent.decisions.services.contact_decisions import Decision, may_process, problem_of_use, refused
from consent.records.selectors.client_addresses import is_used_by
from consent.records.selectors.preferences import holders
from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused
from portal.kernel.people.models.fiduciaries import OWN_CODE


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

    Nobody known at the address: no, whatever the purpose rests on. A client hears the same wherever it has nothing to do
    with the address (``used_addresses``), whatever its holder said: else whoever guesses addresses learns whose they are.
    Never raises for a bad address. Reads only.
    """
    if subject_ref is not None:
        return may_process(subject=subject_ref, purpose=purpose, at=at, fiduciary=fiduciary, sign=sign)
    book = rulebook(at, purpose=purpose, fiduciary=fiduciary)
    whose = book.fiduciaries.get(fiduciary)
    fault = problem_of_use(book.purposes.get(purpose), whose)
    if whose is None or fault:
        reason = fault or Reason.NO_SUCH_FIDUCIARY
        return refused(reason, at=at, purpose=purpose, fiduciary=fiduciary, sign=sign, asked_as=address)
    try:
        keys = addresses.address_keys(addresses.normalise(address_kind, address))
    except (Refused, ValueError):
        reason = Reason.NO_SUCH_ADDRESS
        return refused(reason, at=at, purpose=purpose, fiduciary=fiduciary, sign=sign, asked_as=address)
    is_known = fiduciary == OWN_CODE or is_used_by(whose, keys)
    found = [
        may_process(subject=ref, purpose=purpose, at=at, fiduciary=fiduciary, sign=sign, asked_as=address)
        for ref in (sorted(holders(keys)) if is_known else ())
    ]
    if not found:
        return refused(
            Reason.NO_CONSENT,
            at=at,
            purpose=purpose,
            fiduciary=fiduciary,
            key=keys[0],
            sign=sign,
            asked_as=address,
        )
    return next((decision for decision in found if not decision.allowed), found[0])
