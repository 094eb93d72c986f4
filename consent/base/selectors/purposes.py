"""Purposes by code, the ended ones included: what was said about them still stands and may still be taken back."""

from datetime import date

from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose

#: Data by which a person is followed: a purpose that is no message and uses it is tracking.
FOLLOWING = frozenset({DataCategory.DEVICE, DataCategory.LOCATION})


def in_force_or_ended(code: str, *, on: date) -> Purpose:
    """The purpose as it means on that day, else its last version. Raises NotFound for a code that never was in force."""
    try:
        return law.purpose(code, on=on)
    except NotFound:
        ended = Purpose.objects.filter(code=code, effective_to__lt=on).order_by("-version").first()
        if ended is None:
            raise
        return ended


def meant_on(code: str, *, on: date) -> Purpose:
    """The same for something that was said on that day: before the purpose began, as it began. Raises NotFound as above.

    An answer from elsewhere may be older than our purpose.
    """
    try:
        return in_force_or_ended(code, on=on)
    except NotFound:
        first = Purpose.objects.filter(code=code, effective_from__gt=on).order_by("version").first()
        if first is None:
            raise
        return first


def is_closed_to_children(purpose: Purpose) -> bool:
    """Promotion, and processing that follows a person (DPDP s.9(3)): never for a child, with any consent."""
    return purpose.is_promotional or (not purpose.sends_messages and bool(FOLLOWING & set(purpose.used_categories)))


def is_asked_of_visitors(purpose: Purpose) -> bool:
    """The use of these pages, and nothing else: all that we see of who is not signed in is a device and where it is."""
    used = set(purpose.used_categories)
    return not purpose.sends_messages and bool(used) and used <= FOLLOWING
