from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from portal.kernel.core import answers, clock, date_format
from portal.kernel.core.errors import Refused


@dataclass(frozen=True)
class Period:
    """Whole days in India, both included. With ``until`` the last day is today, and the period ends at that moment."""

    first_day: date
    last_day: date
    until: datetime | None = None

    @classmethod
    def of(cls, first_day: date, last_day: date, *, now: datetime) -> "Period":
        """The period that these days make when they are asked for now: of today, what has passed of it."""
        is_today = last_day == clock.day(now)
        return cls(first_day, last_day, now if is_today else None)

    @classmethod
    def month_before(cls, now: datetime) -> "Period":
        """The last whole month in India."""
        last_day = clock.day(now).replace(day=1) - timedelta(days=1)
        return cls(last_day.replace(day=1), last_day)

    @property
    def start(self) -> datetime:
        """The first instant of the period."""
        return datetime.combine(self.first_day, time.min, tzinfo=clock.IST)

    @property
    def end(self) -> datetime:
        """The first instant after the period."""
        if self.until is not None:
            return self.until
        return datetime.combine(self.last_day + timedelta(days=1), time.min, tzinfo=clock.IST)

    @property
    def last_instant(self) -> datetime:
        """The last instant of the period: how something was at its end is asked of it."""
        return self.end - timedelta(microseconds=1)

    def refuse_outside(self, user: Any) -> None:
        """Raises Refused for days that an auditor's login does not show."""
        scope = answers.reading_scope.ask(user)
        if scope is not None and not scope.covers(self.first_day, self.last_day):
            said = {"first": date_format.day(scope.first_day), "last": date_format.day(scope.last_day)}
            message = _("Your login shows data from %(first)s to %(last)s. Choose days between these.") % said
            raise Refused(message, code="OUTSIDE_SCOPE")

    def refuse_unfit(self, *, now: datetime) -> None:
        """Raises Refused for a period that runs backwards or has not ended: its evidence could still grow."""
        if self.last_day < self.first_day:
            raise Refused(_("The period ends before it begins. Give the earlier day first."), code="PERIOD_BACKWARDS")
        if now < self.end:
            message = _("The period has not ended. Choose a last day that is not after today (in India).")
            raise Refused(message, code="PERIOD_NOT_ENDED")
