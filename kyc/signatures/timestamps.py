"""Times and dates as Aadhaar documents write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")
#: Where the time begins in a reference number: behind the last four digits of the Aadhaar number.
LAST_FOUR = 4


def of_reference(reference: str) -> datetime | None:
    """The time in a reference number: last four digits, then yyyyMMddHHmmss and milliseconds in India; None without one."""
    digits = reference[LAST_FOUR:]
    if not (reference.isascii() and reference.isdigit() and len(digits) >= 14):
        return None
    try:
        at = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=IST)
    except ValueError:
        return None
    return at.astimezone(UTC)


def written(at: datetime | None) -> str:
    """ISO 8601 in UTC; empty without a time."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def birth(text: str) -> str:
    """A date of birth as ISO date, or the year alone where the document knows no more; empty when it cannot be read."""
    text = text.strip()
    if len(text) == 4 and text.isascii() and text.isdigit():
        return text
    for form in ("%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d", "%d%m%Y"):
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return ""


def day(text: str) -> date | None:
    """The day of ``birth``; None for a year alone."""
    return date.fromisoformat(text) if len(text) > 4 else None
