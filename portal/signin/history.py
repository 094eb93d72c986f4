"""What the tasks write into the history of a login."""

from datetime import datetime, timedelta

from django.db import transaction

from portal.core import actor
from portal.people.models import User, WrongCode
from portal.people.services import devices
from portal.people.states import SignInOutcome

#: A row that is older was not nudged, or its worker died. A technical limit.
LATE = timedelta(seconds=30)


def wrong_code(number: int) -> bool:
    """Write the wrong code into the history of the customer's login, and end its row, in one transaction.

    False: nobody has a login at the address, or it is written already.
    """
    with transaction.atomic():
        row = WrongCode.objects.select_for_update().filter(pk=number).first()
        if row is None:
            return False
        user = User.objects.filter(email__iexact=row.address, is_staff=False, is_active=True).first()
        if user is not None:
            devices.note(
                user=user,
                outcome=SignInOutcome.WRONG_CODE,
                actor=actor.stranger(address=row.network, via="page"),
                device=devices.known(user=user, token=row.token),
                browser=row.browser,
                now=row.typed_at,
            )
        row.delete()
    return user is not None


def waiting(*, now: datetime, limit: int) -> list[int]:
    """Wrong codes that nobody has written yet, oldest first."""
    late = WrongCode.objects.filter(typed_at__lt=now - LATE).order_by("typed_at", "pk")
    return list(late.values_list("pk", flat=True)[:limit])
