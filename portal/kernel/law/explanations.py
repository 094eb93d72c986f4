"""How we worked out a date, in sentences a person can follow. Whole sentences, in the active language."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.kernel.law.choices import ClockEventKind, ExtensionReason, LateReason, StartReason
from portal.kernel.law.labels import period, rule_in_words, work
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.law.rules import ClockState, Ended, Stands, clock_state
from portal.kernel.law.services import due_dates
from portal.kernel.law.terms import Deadline, Unit

MINUTES_AN_HOUR = 60


@dataclass(frozen=True)
class DeadlineInWords:
    """One clock for a page: what it is for, its date, where it stands. ``tone`` is ok, warn, err, paused or none; the
    words say it without colour. ``due_on`` is the date that everybody names, in the clock's own zone.
    """

    clock: Clock
    state: ClockState
    work: str
    rule: str
    due: str
    says: str
    tone: str
    late_because: str = ""

    @property
    def due_on(self) -> date:
        return self.state.due_on

    @property
    def why(self) -> str:
        """How the date came about, as one paragraph: worked out only where a page shows it."""
        return " ".join(how_we_worked_out(self.clock))


def in_words(clock: Clock, now: datetime) -> DeadlineInWords:
    """Where a clock stands, in the active language: on the page of the person, on staff's and wherever else it is shown."""
    state = clock_state(clock, now)
    says, tone = _stands(clock, state)
    return DeadlineInWords(
        clock=clock,
        state=state,
        work=work(clock.kind),
        rule=rule_in_words(clock.extended_by or clock.rule),
        due=due_in_words(clock),
        says=says,
        tone=tone,
        late_because=str(LateReason(clock.late_because).label) if clock.late_because else "",
    )


def due_in_words(clock: Clock) -> str:
    """The due date in the clock's own zone; with the time and the zone's letters where the law counts hours."""
    due = clock.due_at.astimezone(ZoneInfo(clock.zone))
    return date_format(due, "j F Y, H:i T" if clock.counts_time else "j F Y")


def time_left(state: ClockState, *, counts_time: bool) -> str:
    """How much is left, or how late it is: in days of the calendar; on the last day of a clock of hours, in hours."""
    if state.days_left == 0 and not counts_time and not state.is_late:
        return _("today")
    span = _span(state, counts_time=counts_time)
    return (_("late by %(time)s") if state.is_late else _("%(time)s left")) % {"time": span}


def _span(state: ClockState, *, counts_time: bool) -> str:
    if state.days_left and not (counts_time and abs(state.left) < timedelta(days=1)):
        return period(abs(state.days_left), Unit.CALENDAR_DAY)
    minutes = abs(state.left) // timedelta(minutes=1)
    if minutes >= MINUTES_AN_HOUR:
        return period(minutes // MINUTES_AN_HOUR, Unit.HOUR)
    return period(minutes, Unit.MINUTE)


def _stands(clock: Clock, state: ClockState) -> tuple[str, str]:
    """The words and the tone of where a clock stands. One that ended names the day: that is when it was done."""
    ended = clock.stopped_at or clock.due_at
    on = {"date": _day(ended.astimezone(ZoneInfo(clock.zone)).date())}
    left = time_left(state, counts_time=clock.counts_time)
    said = {
        Stands.RUNNING: (left, "warn" if state.days_left == 0 else "ok"),
        Stands.LATE: (left, "err"),
        Stands.PAUSED: (_("paused"), "paused"),
        Stands.MET: (_("done in time, on %(date)s") % on, "ok"),
        Stands.MISSED: (_("missed: ended on %(date)s") % on, "err"),
        Stands.FROZEN: (_("ended on %(date)s, nothing was owed any longer") % on, "none"),
    }
    if clock.ended == Ended.CORRECTED:
        return _("no longer counted: its start was wrong"), "none"
    return said[state.stands]


def how_we_worked_out(clock: Clock) -> list[str]:
    """The steps from receipt to due date: start, what gives the period, how it is counted, pauses, the end, doubts."""
    dates = due_dates.dates_of_clock(clock)
    place = ZoneInfo(clock.zone)
    sentences = [
        _begun(clock)
        % {
            "date": _day(clock.started_at.astimezone(place).date()),
            "time": _time(clock.started_at, place),
            "zone": _zone(clock.zone),
        },
        *_first_counted_from(clock, place),
        _what_gives_it(clock),
        _how_it_counts(clock, dates),
    ]
    if clock.paused_seconds:
        sentences.append(_pause(clock.paused_seconds, is_by_day=not dates.counts_time))
    if clock.paused_at is not None:
        sentences.append(
            _("This is paused until what was asked for has come. The date moves by as long as that takes.")
        )
    named = due_dates.named_time(clock)
    if named is not None and named <= dates.due:
        sentences.append(_("What came to us names an earlier time, and that one counts."))
    sentences.append(_end(dates, place))
    if not clock.is_confirmed:
        sentences.append(_doubt(clock))
    return sentences


def _doubt(clock: Clock) -> str:
    """What of a rule is not sure: its text, which nobody has read, or whether it is a rule for us, which nobody has decided."""
    if clock.legal_rule is not None and not clock.legal_rule.is_confirmed:
        return _(
            "We have not checked the official text and dates of this rule yet. Until we have, we keep to it as we "
            "know it."
        )
    return _("Whether this rule applies to us is not settled. We keep to it until it is.")


def _begun(clock: Clock) -> str:
    """Of a later part of some work (``.../2``) it was no receipt that started the clock: an appeal, or a new look at it."""
    if "/" in clock.owner:
        return _("It counts from %(date)s at %(time)s (%(zone)s).")
    return _("We received it on %(date)s at %(time)s (%(zone)s).")


def _first_counted_from(clock: Clock, place: ZoneInfo) -> list[str]:
    """That an earlier clock began at a wrong moment, and why; it stays on record."""
    if clock.corrects is None:
        return []
    event = clock.corrects.events.filter(kind=ClockEventKind.CORRECTED).order_by("pk").last()
    began = clock.corrects.started_at.astimezone(place)
    said = _("Before, we counted from %(date)s at %(time)s. That was wrong: %(reason)s.") % {
        "date": _day(began.date()),
        "time": _time(began, place),
        "reason": str(StartReason(event.reason_code).label) if event is not None else "",
    }
    return [said]


def _reason_of_extension(clock: Clock) -> str:
    if not clock.extended_because:
        return ""
    return _("The reason: %(reason)s.") % {"reason": str(ExtensionReason(clock.extended_because).label)}


def _what_gives_it(clock: Clock) -> str:
    rule = clock.extended_by or clock.rule
    span = period(rule.amount or 0, rule.unit)
    if isinstance(rule, LegalRule):
        names = {"law": rule.law, "provision": rule.provision, "period": span}
        if clock.extended_by is not None:
            said = _("It was extended: %(law)s, %(provision)s, gives %(period)s from receipt in all.") % names
            return f"{said} {_reason_of_extension(clock)}".strip()
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


def _pause(seconds: int, *, is_by_day: bool) -> str:
    """How much of the waiting moved the date; what is not full is not said to be."""
    waited = timedelta(seconds=seconds)
    if not is_by_day and waited < timedelta(hours=1):
        return _("It was paused for less than an hour while we waited for you.")
    if is_by_day or waited >= timedelta(days=1):
        span = period(waited.days, Unit.CALENDAR_DAY)
    else:
        span = period(waited // timedelta(hours=1), Unit.HOUR)
    said = _("It was paused for %(period)s while we waited for you.") % {"period": span}
    return f"{said} {_('A day that ended while we waited does not count.')}" if is_by_day else said


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
