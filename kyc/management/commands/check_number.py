from typing import Any

from django.core.management.base import CommandParser

from kyc import numbers
from portal.core.command_line import REFUSED
from portal.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Check one identity number: its form, its check digit, and what it says about itself."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("type", choices=sorted(numbers.TYPES), help="the type of number")
        parser.add_argument("value", help="the number, as written on the document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads nothing and writes nothing. Exit 0 for a number that may be right, 1 for one that cannot."""
        found = numbers.check(options["type"], options["value"])
        reason = str(found.reason) if found.reason else None
        body = {
            "type": found.type,
            "valid": found.is_valid,
            "outcome": str(found.outcome),
            "reason": reason,
            "display": found.display,
            "details": dict(found.details),
        }
        line = f"{found.type} {found.display}: {found.outcome}" + (f" ({reason})" if reason else "")
        self.answer(body, line, options=options, code=0 if found.is_valid else REFUSED)
