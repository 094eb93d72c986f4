"""How long is left, or how late it is, in as few words as a row has room for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.kernel.law.models import Clock
from portal.kernel.law.rules import clock_state

#: Below the first minutes are said, below the second hours, else days of the calendar.
IN_MINUTES, IN_HOURS = timedelta(hours=6), timedelta(days=3)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Countdown:
    """The time of one deadline: what is said, its mark (err, warn or none), its date in words and as a machine reads it, and
    whether law or our own promise sets it.
    """

    says: str
    tone: str
    due: str
    at: str
    is_law: bool


def countdown(clock: Clock, now: datetime) -> Countdown:
    """How long is left of a clock ("2 h 04 min left", "8 days late"), with its date."""
    state = clock_state(clock, now)
    span = _span(abs(state.left), abs(state.days_left))
    tone = "err" if state.is_late else "warn" if state.left < DAY else "none"
    said = _("%(time)s late") if state.is_late else _("%(time)s left")
    return Countdown(said % {"time": span}, tone, due(clock), clock.due_at.isoformat(), clock.legal_rule_id is not None)


def due(clock: Clock) -> str:
    """``5 Dec 2026``, in the clock's own zone; with the time where the rule counts hours."""
    when = clock.due_at.astimezone(ZoneInfo(clock.zone))
    return date_format(when, "j M Y, H:i" if clock.counts_time else "j M Y")


def _span(left: timedelta, days: int) -> str:
    minutes = left // timedelta(minutes=1)
    if left < IN_MINUTES:
        hours, minutes = divmod(minutes, 60)
        return (
            _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
            if hours
            else (_("%(minutes)d min") % {"minutes": minutes})
        )
    if left < IN_HOURS:
        return _("%(hours)d h") % {"hours": left // timedelta(hours=1)}
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
