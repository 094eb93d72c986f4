"""From a rule's row to the dates of a clock: one place that joins rows and counting."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from portal.kernel.core import ports
from portal.kernel.core.clock import IST
from portal.kernel.law.calendars import Calendar
from portal.kernel.law.choices import Regime
from portal.kernel.law.date_arithmetic import deadline, shift
from portal.kernel.law.models import Clock, HouseRule, LegalRule
from portal.kernel.law.rules import LATE
from portal.kernel.law.selectors import house_rule
from portal.kernel.law.services.rule_loader import calendar
from portal.kernel.law.terms import Deadline

REMINDERS = "clocks.reminders"
#: Whose day decides whether a rule is in force: the day in the territory of the law.
TERRITORY = {Regime.IN: IST, Regime.EU: ZoneInfo("Europe/Brussels"), Regime.US_CA: ZoneInfo("America/Los_Angeles")}


@cache
def holidays(code: str) -> Calendar | None:
    """The holidays of a territory, read once."""
    return calendar(code)


def legal_day(rule: LegalRule, start: datetime | date) -> date:
    """The date of an event in the territory of the law: it decides whether the rule is in force."""
    return start.astimezone(TERRITORY[Regime(rule.jurisdiction)]).date() if isinstance(start, datetime) else start


def dates_of(rule: LegalRule | HouseRule, start: datetime | date, zone: str) -> Deadline:
    """The dates that a rule gives for an event. Raises CannotCount and UnknownZone."""
    code = rule.calendar if isinstance(rule, LegalRule) else ""
    return deadline(start, rule.terms(holidays(code)), zone)


def dates_of_clock(clock: Clock) -> Deadline:
    """The dates of a clock now: its rule's (or its extension's), moved by its pauses, or the earlier time that was named."""
    found = dates_of(clock.extended_by or clock.rule, clock.started_at, clock.zone)
    found, named = shift(found, timedelta(seconds=clock.paused_seconds)), named_time(clock)
    if named is None or named >= found.due:
        return found
    due, target = max(named, clock.started_at), min(max(named, clock.started_at), found.target)
    place = ZoneInfo(clock.zone)
    due_on, target_on = due.astimezone(place).date(), target.astimezone(place).date()
    return replace(found, due=due, target=target, due_on=due_on, target_on=target_on)


def named_time(clock: Clock) -> datetime | None:
    """A time that what the clock runs for names itself (``ClockOwner.named_time``); it counts where it is the earlier one."""
    rooms = (room for room in ports.clock_owners if room.owns(clock.owner) and hasattr(room, "named_time"))
    return min((named for room in rooms if (named := room.named_time(clock.owner)) is not None), default=None)


def lock_owner(owner: str) -> None:
    """In the caller's transaction, before it locks a clock: the room locks its row first wherever it stops or starts a clock, so
    the same order everywhere, or two acts wait for each other (``ClockOwner``, sweeping).
    """
    for room in ports.clock_owners:
        if room.owns(owner) and hasattr(room, "lock"):
            room.lock(owner)


def reminders(on: date) -> list[int]:
    """The shares of the time, in percent, at which owners are told."""
    return [int(value) for value in house_rule(REMINDERS, on=on).values]


def alarm_share(on: date) -> int:
    """The last share of the time before it is over: what an owner tells people at who have other work, too."""
    return max((share for share in reminders(on) if share < LATE), default=LATE)
