from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from kyc.numbers import branches
from portal.kernel.core.command_line import REFUSED
from portal.kernel.core.commands import PortalCommand, day


class Command(PortalCommand):
    help = "Make the dated list of bank branches anew, from the published IFSC.json and banknames.json."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("published", type=Path, help="the branches of each bank (IFSC.json)")
        parser.add_argument("names", type=Path, help="the names of the banks (banknames.json)")
        parser.add_argument("--as-of", type=day, required=True, metavar="DATE", help="the day the list was published")
        parser.add_argument("--source", required=True, help="who published it, and its version")
        parser.add_argument("--out", type=Path, default=branches.DATA, help="the folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replaces the list and its label in the folder; the database is not touched. A bad list changes nothing."""
        as_of: date = options["as_of"]
        try:
            text = branches.written(*(options[name].read_text(encoding="utf-8") for name in ("published", "names")))
        except (OSError, ValueError) as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        banks, count = branches.saved(text, as_of=as_of, source=options["source"], folder=options["out"])
        body = {"as_of": as_of.isoformat(), "banks": banks, "branches": count}
        self.answer(body, f"{count:,} branches of {banks:,} banks, as of {as_of.isoformat()}.", options=options)
