"""Which consent managers may act on a day."""

from datetime import datetime

from django.db.models import QuerySet

from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.entries.models.consent_managers import ConsentManager
from portal.kernel.registers.senders.selectors.senders import in_force


def managers_in_force(*, at: datetime, fiduciary: str = OWN_CODE) -> QuerySet[ConsentManager]:
    """Those that two people agreed to and that hold at ``at``, by name."""
    rows = ConsentManager.objects.filter(fiduciary__code=fiduciary).select_related("fiduciary")
    return in_force(rows, at=at).order_by("name", "pk")


def manager_of(board_number: str, *, at: datetime, fiduciary: str = OWN_CODE) -> ConsentManager | None:
    """The manager with this number that may act now. None: nobody."""
    return managers_in_force(at=at, fiduciary=fiduciary).filter(board_number=board_number.strip().upper()).first()
