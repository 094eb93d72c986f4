"""Dates and times as people read them: in words, in India's time, and as a machine-readable ``<time>``.

``moment`` and ``day`` are for customers, ``short_moment`` and ``short_day`` for staff (``portal.kernel.core.date_format``).
"""

from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.kernel.core import date_format as dates
from portal.kernel.core.clock import IST

register = template.Library()


@register.filter
def moment(instant: datetime | None) -> str | SafeString:
    """``9 December 2026, 16:12 IST``; empty for no time."""
    if instant is None:
        return ""
    local = instant.astimezone(IST)
    said = _("%(date)s, %(time)s IST") % {"date": date_format(local, "j F Y"), "time": f"{local:%H:%M}"}
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), said)


@register.filter
def day(when: date | None) -> str | SafeString:
    """``9 December 2026``; of an instant, its day in India; empty for none."""
    if when is None:
        return ""
    local = when.astimezone(IST).date() if isinstance(when, datetime) else when
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), date_format(local, "j F Y"))


@register.filter
def weekday(when: date | None) -> str | SafeString:
    """``Wednesday 9 December 2026``: for a day somebody waits for."""
    if when is None:
        return ""
    local = when.astimezone(IST).date() if isinstance(when, datetime) else when
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), date_format(local, "l j F Y"))


@register.filter
def short_moment(instant: datetime | None) -> str | SafeString:
    """``9 Dec 2026, 16:12 IST``; empty for no time."""
    if instant is None:
        return ""
    local = instant.astimezone(IST)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), dates.moment(local))


@register.filter
def short_day(when: date | None) -> str | SafeString:
    """``9 Dec 2026``; of an instant, its day in India; empty for none."""
    if when is None:
        return ""
    local = when.astimezone(IST).date() if isinstance(when, datetime) else when
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), dates.day(local))
