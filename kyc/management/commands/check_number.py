from typing import Any, Final

from django.core.management.base import CommandParser

from kyc import numbers
from portal.kernel.core import clock
from portal.kernel.core.command_line import REFUSED
from portal.kernel.core.commands import PortalCommand

WORDS: Final = {
    numbers.Reason.FORMAT: "it has not the form of such a number",
    numbers.Reason.CHECKSUM: "its check digit is wrong: a character is wrong, or two are swapped",
    numbers.Reason.HOLDER_TYPE: "the letter of its holder is unknown or disputed",
    numbers.Reason.LEGACY_FORMAT: "it has an old form",
    numbers.Reason.NOT_MOBILE: "it is not a mobile number",
    numbers.Reason.SERIAL: "its serial number is never given",
    numbers.Reason.STATE: "its state does not exist",
    numbers.Reason.UNKNOWN_BRANCH: "the list of branches does not contain it; it may be newer than the list",
    numbers.Reason.YEAR: "its year cannot be right",
}
#: Numbers inside the number: they stand in the JSON, and not in a line that is pasted into a ticket.
SILENT: Final = frozenset({"pan"})


class Command(PortalCommand):
    help = "Check one identity number: its form, its check digit, and what it says about itself."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("type", choices=sorted(numbers.TYPES), help="the type of number")
        parser.add_argument("value", help="the number, as written on the document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads nothing and writes nothing. Exit 0 for a number that may be right, 1 for one that cannot."""
        this_year = clock.day(clock.now()).year
        found = numbers.check(options["type"], options["value"], this_year=this_year)
        reason = str(found.reason) if found.reason else None
        body = {
            "type": found.type,
            "valid": found.is_valid,
            "outcome": str(found.outcome),
            "reason": reason,
            "display": found.display,
            "details": dict(found.details),
        }
        line = f"{found.type} {found.display}: {found.outcome}"
        line += f" ({reason}: {WORDS[found.reason]})" if found.reason else ""
        says = [f"{name.replace('_', ' ')} {value}" for name, value in found.details.items() if name not in SILENT]
        line += f"\nIt says: {', '.join(says)}." if says else ""
        sure = "" if found.source.is_confirmed else " (unconfirmed)"
        line += f"\nThe rule: {found.source.text}{sure}."
        self.answer(body, line, options=options, code=0 if found.is_valid else REFUSED)
