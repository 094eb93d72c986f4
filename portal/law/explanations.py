"""How we worked out a date, in sentences a person can follow. Whole sentences, in the active language."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.law.models import Clock, LegalRule
from portal.law.services import timing
from portal.law.terms import Deadline, Unit
from portal.law.words import period

HOURS_A_DAY = 24


def how_we_worked_out(clock: Clock) -> list[str]:
    """The steps from receipt to due date: start, what gives the period, how it is counted, pauses, the end, doubts."""
    dates = timing.dates_of_clock(clock)
    place = ZoneInfo(clock.zone)
    sentences = [
        _("We received it on %(date)s at %(time)s (%(zone)s).")
        % {
            "date": _day(clock.started_at.astimezone(place).date()),
            "time": _time(clock.started_at, place),
            "zone": _zone(clock.zone),
        },
        _what_gives_it(clock),
        _how_it_counts(clock, dates),
    ]
    if clock.paused_seconds:
        sentences.append(_pause(clock.paused_seconds))
    if clock.paused_at is not None:
        sentences.append(_("We are waiting for you now. The date moves by as long as that takes."))
    sentences.append(_end(dates, place))
    if not clock.is_confirmed:
        sentences.append(_("Whether this rule applies to us is not settled. We keep to it until it is."))
    return sentences


def _what_gives_it(clock: Clock) -> str:
    rule = clock.extended_by or clock.rule
    span = period(rule.amount or 0, rule.unit)
    if isinstance(rule, LegalRule):
        names = {"law": rule.law, "provision": rule.provision, "period": span}
        if clock.extended_by is not None:
            return _("It was extended: %(law)s, %(provision)s, gives %(period)s from receipt in all.") % names
        return _("%(law)s, %(provision)s, gives us %(period)s.") % names
    return _("We promise to do it within %(period)s.") % {"period": span}


def _how_it_counts(clock: Clock, dates: Deadline) -> str:
    if dates.counts_time:
        return _("The time runs without a break, on weekends and holidays too.")
    first = dates.started_on + timedelta(days=1)
    if Unit((clock.extended_by or clock.rule).unit) is Unit.BUSINESS_DAY:
        return _("Only Monday to Friday count. The day of receipt does not: counting starts after %(date)s.") % {
            "date": _day(dates.started_on)
        }
    return _("The day of receipt is not counted: the first day is %(date)s. Weekends and holidays count.") % {
        "date": _day(first)
    }


def _pause(seconds: int) -> str:
    hours = -(-seconds // 3600)
    if hours < HOURS_A_DAY:
        span = period(hours, Unit.HOUR)
    else:
        span = period(-(-hours // HOURS_A_DAY), Unit.CALENDAR_DAY)
    return _("It stood still for %(period)s while we waited for you.") % {"period": span}


def _end(dates: Deadline, place: ZoneInfo) -> str:
    if dates.counts_time:
        return _("So it is due at %(time)s on %(date)s.") % {
            "date": _day(dates.due_on),
            "time": _time(dates.due, place),
        }
    return _("So it is due by the end of %(date)s.") % {"date": _day(dates.due_on)}


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _time(moment: datetime, place: ZoneInfo) -> str:
    return date_format(moment.astimezone(place), "H:i")


def _zone(name: str) -> str:
    return _("Indian time") if name == "Asia/Kolkata" else name.replace("_", " ")
