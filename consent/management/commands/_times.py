"""Times as people type them on a command line."""

from datetime import date, datetime

from django.core.management import CommandError

from portal.core import clock


def instant(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is Indian time. Raises CommandError, saying what to write."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            "Write a time like 2026-11-25T14:30 (Indian time) or 2026-11-25T09:00Z.", returncode=2
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=clock.IST)


def day(text: str) -> date:
    """An ISO 8601 date. Raises CommandError, saying what to write."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("Write a date like 2026-12-15.", returncode=2) from error
