"""Purposes by code, the ended ones included: what was said about them still stands and may still be taken back."""

from datetime import date

from portal.core.data_categories import DataCategory
from portal.core.errors import NotFound
from portal.law import selectors as law
from portal.law.models import Purpose

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


def is_closed_to_children(purpose: Purpose) -> bool:
    """Promotion, and processing that follows a person (DPDP s.9(3)): never for a child, with any consent."""
    return purpose.is_promotional or (not purpose.sends_messages and bool(FOLLOWING & set(purpose.used_categories)))
