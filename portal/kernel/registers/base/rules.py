"""When an entry of the books may begin."""

from datetime import date


def rewrites_the_past(effective_from: date, *, today: date, somebody_is_in_force: bool) -> bool:
    """Whether a change would alter what letters of past days relied on. A first entry may lie in the past."""
    return effective_from < today and somebody_is_in_force
