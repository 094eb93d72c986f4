"""What the tasks write into the history of a login."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from portal.kernel.core import actor, clock
from portal.kernel.people.choices import SignInOutcome
from portal.kernel.people.models import User, WrongCode
from portal.kernel.people.services import devices

#: A row that is older was not nudged, or its worker died. A technical limit.
LATE = timedelta(seconds=30)


def wrong_code(number: int) -> bool:
    """Write the wrong code or password into the history of the login, in one transaction, and end its row; one of staff stays
    as long as it counts.

    False: nobody has a login at the address, or it is written already.
    """
    with transaction.atomic():
        row = WrongCode.objects.select_for_update().filter(pk=number, noted_at=None).first()
        if row is None:
            return False
        user = User.objects.filter(email__iexact=row.address, is_staff=row.at_staff).first()
        if user is not None and (user.is_active or row.at_staff):
            _note(user, row)
        if row.at_staff:
            row.noted_at = clock.now()
            row.save(update_fields=["noted_at"])
        else:
            row.delete()
    return user is not None


def _note(user: User, row: WrongCode) -> None:
    device = devices.known(user=user, token=row.token)
    facts: dict[str, Any] = {
        "user": user,
        "actor": actor.stranger(address=row.network, via="page"),
        "device": device,
        "browser": row.browser,
        "now": row.typed_at,
    }
    wrong = SignInOutcome.WRONG_PASSWORD if row.at_staff else SignInOutcome.WRONG_CODE
    devices.note(outcome=wrong, **facts)
    if row.at_staff and devices.is_locked(user=user, device=device, now=row.typed_at):
        devices.note(outcome=SignInOutcome.LOCKED, **facts)


def waiting(*, now: datetime, limit: int) -> list[int]:
    """Wrong codes that nobody has written yet, oldest first."""
    late = WrongCode.objects.filter(typed_at__lt=now - LATE, noted_at=None).order_by("typed_at", "pk")
    return list(late.values_list("pk", flat=True)[:limit])
