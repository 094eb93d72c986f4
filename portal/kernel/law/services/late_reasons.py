"""What ends after its date says why: one question for whatever owns a clock."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import ClockState, LateReason
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import clock_state


def late_owners(owners: Iterable[str], *, at: datetime) -> set[str]:
    """Those of these owners of whom a clock that has not stopped is late at ``at``, in one query."""
    running = Clock.objects.filter(owner__in=owners).exclude(state=ClockState.STOPPED)
    return {clock.owner for clock in running if clock_state(clock, at).is_late}


def require_reason(owners: Iterable[str], *, late_because: str, at: datetime) -> None:
    """Raises Refused (LATE_REASON) where a date has passed and nobody says why (``LateReason``): an auditor asks of each."""
    if late_because not in LateReason.values and late_owners(owners, at=at):
        require_word(late_because)


def require_word(late_because: str) -> None:
    """Raises Refused (LATE_REASON) unless it is one of the reasons: for who has found that something is late."""
    if late_because not in LateReason.values:
        said = _("The date has passed. Say why the answer is late.")
        raise Refused(said, code="LATE_REASON", fields={"late_because": [said]})
