"""Whether a client may send at all: its KYC and its account, kept in the process for a few seconds like the rules."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.conf import settings

from consent.base.rules.contact import Reason
from portal.kernel.core import answers, clock
from portal.kernel.people.choices import Answer, CustomerState
from portal.kernel.registers.senders.models.senders import SendingEntity
from portal.kernel.registers.senders.selectors.senders import in_force

MOST_KEPT: Final = 10_000
#: What the KYC of a client that is held to no customer is called.
NOT_ASKED: Final = "not_asked"


@dataclass(frozen=True)
class Account:
    """How a sender stands on one day: ``refusal`` is why nothing may go out, ``kyc`` a word of the KYC room."""

    refusal: Reason | None = None
    kyc: str = NOT_ASKED
    renew_by: date | None = None


_kept: dict[tuple[int, date], tuple[float, Account]] = {}
_lock = threading.Lock()


def refusal(fiduciary: int, at: datetime) -> Reason | None:
    """Why nothing may go out on behalf of the fiduciary at ``at``; None where nothing is in the way."""
    return account(fiduciary, at).refusal


def account(fiduciary: int, at: datetime) -> Account:
    """How the fiduciary stands as a sender at ``at``.

    A client is held to the customer that two people registered with its DLT entity: its account must be open and its KYC
    in order on that day. Onesetu itself, and a client without such a customer, are not. A client whose registration has
    ended, and that has no newer one, sends nothing: else the end would lift what its KYC forbids.
    """
    key = (fiduciary, clock.day(at))
    read_at, found = _kept.get(key, (float("-inf"), Account()))
    if time.monotonic() - read_at <= settings.DECISION_RULES_SECONDS:
        return found
    found = _read(fiduciary, at, key[1])
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Read every account anew, in this process."""
    with _lock:
        _kept.clear()


def _read(fiduciary: int, at: datetime, on: date) -> Account:
    rows = SendingEntity.objects.filter(fiduciary=fiduciary, fiduciary__is_self=False, answer=Answer.APPROVED)
    entity = in_force(rows, at=at).select_related("customer__subject").first()
    if entity is None:
        return Account(Reason.ENTITY_ENDED if rows.filter(ends_at__lte=at).exists() else None)
    if entity.customer is None:
        return Account()
    state = answers.sender_state.ask(subject_ref=entity.customer.subject.ref, on=on)
    if state is None:
        found = Account(Reason.SENDER_NOT_VERIFIED, "none")
    else:
        unverified = Reason.SENDER_KYC_LAPSED if state.is_lapsed else Reason.SENDER_NOT_VERIFIED
        found = Account(None if state.is_verified else unverified, str(state.standing), state.rekyc_on)
    is_open = entity.customer.state == CustomerState.ACTIVE
    return found if is_open else replace(found, refusal=Reason.ACCOUNT_CLOSED)
