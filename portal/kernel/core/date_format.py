"""Dates and times as staff read them: one style for every page, in India's time, with the zone.

Lists and records of the admin get the same from ``portal.kernel.core.formats``; templates use the filters ``short_moment`` and
``short_day``. Customers' pages spell the month out (``core.templatetags.moments``).
"""

from datetime import UTC, date, datetime

from django.utils.formats import date_format

from portal.kernel.core.clock import IST

#: Where there is no date.
NONE = "–"


def moment(instant: datetime | None) -> str:
    """``25 Nov 2026, 14:05 IST``; a dash for no time."""
    return date_format(instant.astimezone(IST), "DATETIME_FORMAT") if instant is not None else NONE


def in_both(instant: datetime | None) -> str:
    """``25 Nov 2026, 14:05 IST (2026-11-25 08:35 UTC)``: authorities read either; a dash for no time."""
    return f"{moment(instant)} ({instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC)" if instant is not None else NONE


def day(when: date | None) -> str:
    """``25 Nov 2026``; of an instant, its day in India; a dash for none."""
    if when is None:
        return NONE
    local = when.astimezone(IST).date() if isinstance(when, datetime) else when
    return date_format(local, "DATE_FORMAT")


def days(first: date | None, last: date | None) -> str:
    """``from 1 Jan 2020 to 31 Dec 2025``, with what is known of the two."""
    if first is None:
        return f"to {day(last)}" if last is not None else NONE
    return f"from {day(first)}" + (f" to {day(last)}" if last is not None else "")
