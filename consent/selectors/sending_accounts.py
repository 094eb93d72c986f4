"""Whether a client may send at all: its KYC and its account, kept in the process for a few seconds like the rules."""

import threading
import time
from datetime import date, datetime
from typing import Final

from django.conf import settings

from consent.rules.contact import Reason
from portal.core import clock, hooks
from portal.people.states import CustomerState
from portal.registers.models import SendingEntity
from portal.registers.selectors.senders import in_force

MOST_KEPT: Final = 10_000
_kept: dict[tuple[int, date], tuple[float, Reason | None]] = {}
_lock = threading.Lock()


def refusal(fiduciary: int, at: datetime) -> Reason | None:
    """Why nothing may go out on behalf of the fiduciary at ``at``; None where nothing is in the way.

    A client is held to the customer that two people registered with its DLT entity: its account must be open and its KYC
    in order on that day. Onesetu itself, and a client without such a customer, are not.
    """
    key = (fiduciary, clock.day(at))
    read_at, found = _kept.get(key, (float("-inf"), None))
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


def _read(fiduciary: int, at: datetime, on: date) -> Reason | None:
    rows = SendingEntity.objects.filter(fiduciary=fiduciary, fiduciary__is_self=False, customer__isnull=False)
    entity = in_force(rows, at=at).select_related("customer__subject").first()
    if entity is None or entity.customer is None:
        return None
    if entity.customer.state != CustomerState.ACTIVE:
        return Reason.ACCOUNT_CLOSED
    state = hooks.sender_state.ask(subject_ref=entity.customer.subject.ref, on=on)
    return None if state is not None and state.is_verified else Reason.SENDER_NOT_VERIFIED
