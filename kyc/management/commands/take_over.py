import getpass
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import authenticate
from django.core.management import CommandError, CommandParser

from kyc.legacy_imports.models import TakeOver
from kyc.legacy_imports.services import legacy_import
from portal.kernel.core import actor, clock
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Import KYC files of an old system: a ZIP archive with index.csv is tried line by line by a job. Importing "
        "is a second step, here with --take REFERENCE or on the staff's page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", nargs="?", type=Path, help="the archive")
        parser.add_argument("--origin", default="", help="the old system")
        parser.add_argument("--take", metavar="REFERENCE", help="import, or resume importing, what was tried")
        parser.add_argument("--as", dest="login", metavar="EMAIL", required=True, help="act as this staff login")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the login's password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0, 1 when refused, 2 for a wrong password or missing options."""
        if (options["file"] is None) == (options["take"] is None):
            raise CommandError("Name an archive, or --take REFERENCE.", returncode=USAGE)
        asked = sys.stdin.isatty() and not options["password_stdin"]
        password = getpass.getpass("Password: ") if asked else sys.stdin.readline().rstrip("\n")
        user = authenticate(username=options["login"], password=password)
        if user is None or user.pk is None:
            raise CommandError("No staff login has this address and password.", returncode=USAGE)
        staff = actor.staff(user.pk, via="command")
        if options["take"]:
            row = TakeOver.objects.filter(reference=options["take"]).first()
            if row is None:
                raise CommandError("Legacy import not found.")
            legacy_import.take_in(row, actor=staff, now=clock.now())
        else:
            with options["file"].open("rb") as content:
                row = legacy_import.bring(origin=options["origin"], content=content, actor=staff, now=clock.now())
        said = {"reference": row.reference, "state": str(row.state), "lines": row.lines, "job": row.job.reference}
        self.answer(said, f"{row.reference}: {row.lines} lines, job {row.job.reference}.", options=options)
