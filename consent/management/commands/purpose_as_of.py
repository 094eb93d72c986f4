from typing import Any

from django.core.management import CommandParser

from consent.base.selectors.purposes import in_force_or_ended
from consent.decisions.selectors import point_in_time
from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand, moment


class Command(PortalCommand):
    help = "Count what people had chosen about a purpose at a time, by fiduciary and channel."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("purpose", help="a purpose's code, for example marketing")
        parser.add_argument("time", help="a time such as 2026-11-25T14:30 (Indian time)")

    def handle(self, *args: Any, purpose: str, time: str, **options: Any) -> None:
        """Reads only. Exit 1 for a purpose that was not in force by then."""
        at = moment(time)
        version = in_force_or_ended(purpose, on=clock.day(at)).version
        found = point_in_time.of_purpose(purpose, at)
        if not options["json"]:
            for row in found:
                self.stdout.write(f"{row.fiduciary:20} {row.channel:10} {row.answer:10} {row.count:>10,}")
        body = {
            "purpose": purpose,
            "version": version,
            "at": clock.stamp(at),
            "counts": [
                {"fiduciary": row.fiduciary, "channel": row.channel, "answer": row.answer, "addresses": row.count}
                for row in found
            ],
        }
        total = sum(row.count for row in found)
        line = f"{total:,} addresses at {at.astimezone(clock.IST):%d-%m-%Y %H:%M} IST."
        self.answer(body, line, options=options)
