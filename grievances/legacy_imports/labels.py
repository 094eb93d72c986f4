"""What is wrong with a line of a take-over, in words: staff alone read them."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

FAULTS: Final[Mapping[str, Any]] = {
    "OLD_REFERENCE": _("The reference in the old system is missing or too long, or has a number of a person in it"),
    "RECEIVED": _("Write when it was received, as YYYY-MM-DD or YYYY-MM-DD HH:MM (IST), a time that has passed"),
    "ACKNOWLEDGED": _("Write when it was acknowledged, after it was received, or leave it empty"),
    "KIND": _("Grievance category not found"),
    "REQUEST": _("Requests about data are asked on their own pages: they need proof of who asks"),
    "DOOR": _("Intake channel not found"),
    "LANGUAGE": _("Write en, hi or mr"),
    "ADDRESS": _("The email address or mobile number is none"),
    "NO_ADDRESS": _("It needs an email address or a mobile number"),
    "NO_WORDS": _("What happened is missing"),
    "TWICE": _("The same reference is in the list before"),
    "THERE_ALREADY": _("This grievance of the old system was imported before"),
}


def line_fault(code: str) -> str:
    """What is wrong with a line, as a sentence; the bare code of what nobody has put into words."""
    return str(FAULTS.get(code, code))
