"""Wrong passwords and codes at the sign-in of staff: counted by the typed address, whoever has it, and by known device.

What a page writes and asks is the same for every address: neither the answer nor its time says who has a login.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from portal.kernel.core import addresses
from portal.kernel.core.enqueue import enqueue
from portal.kernel.people import account_rules, signin_limits
from portal.kernel.people.models import WrongCode

#: Until the rules are loaded.
DEFAULT_WINDOW = timedelta(minutes=15)
DEFAULT_TRIES = 5


def note(
    *,
    address: str,
    device_sha256: str,
    network: str = "",
    browser: str = "",
    token: str = "",
    is_noted: bool = False,
    now: datetime,
) -> WrongCode:
    """Count one wrong try; a task writes it into the history, if the address has a login. ``is_noted``: it is there already."""
    with transaction.atomic():
        row = WrongCode.objects.create(
            address=address.lower(),
            address_key=addresses.address_key(address.lower()),
            network=network,
            browser=browser[:120],
            token=token,
            typed_at=now,
            at_staff=True,
            device_sha256=device_sha256,
            noted_at=now if is_noted else None,
        )
        if not is_noted:
            enqueue("portal.signin.tasks.note_wrong_code", row.pk)
    return row


def is_locked(*, address: str, device_sha256: str, now: datetime) -> bool:
    """Whether tries at the address from this known device (or, empty, from all that are not known) are refused for now."""
    window = signin_limits.length("signin.lock", now=now, otherwise=DEFAULT_WINDOW)
    limit = signin_limits.number("signin.attempts", now=now, otherwise=DEFAULT_TRIES)
    rows = _at(address).filter(device_sha256=device_sha256, counts=True, typed_at__gt=now - window)
    return account_rules.is_locked(rows.values_list("typed_at", flat=True), now=now, window=window, limit=limit)


def forgive(*, address: str, device_sha256: str | None = None) -> None:
    """No longer count the tries at an address: of one device after a sign-in, of all when staff unlock it."""
    rows = _at(address).filter(counts=True)
    if device_sha256 is not None:
        rows = rows.filter(device_sha256=device_sha256)
    rows.update(counts=False)


def sweep(*, now: datetime) -> int:
    """Delete tries that are in the history and count no more. Gives how many."""
    window = signin_limits.length("signin.lock", now=now, otherwise=DEFAULT_WINDOW)
    over = WrongCode.objects.filter(at_staff=True, typed_at__lt=now - window).exclude(noted_at=None)
    return int(over.delete()[0])


def _at(address: str) -> QuerySet[WrongCode]:
    return WrongCode.objects.filter(at_staff=True, address_key__in=addresses.address_keys(address.lower()))
