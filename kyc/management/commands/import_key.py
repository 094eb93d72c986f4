import getpass
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import authenticate
from django.core.management import CommandError, CommandParser

from kyc.signatures.child_reader import KINDS
from kyc.signers.models import SignerKey, SignerProposal
from kyc.signers.services import signer_proposals
from portal.kernel.core import actor, clock
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand
from portal.kernel.people.choices import Answer


class Command(PortalCommand):
    help = (
        "Import a signer's certificate by two people: one proposes it here or in the admin, the other compares the "
        "fingerprint with its publication and decides in the admin. Without a file: which certificates are trusted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", nargs="?", type=Path, help="the certificate, PEM or DER")
        parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[], help="documents it may sign")
        parser.add_argument("--source", default="", help="where the issuer publishes it")
        parser.add_argument("--propose", metavar="EMAIL", help="propose it as this staff login")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the login's password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0, 1 when refused, 2 for a wrong password or missing options."""
        if options["file"] is None:
            self._tell(options)
            return
        if not options["propose"]:
            raise CommandError("Name the staff login that proposes it: --propose EMAIL.", returncode=USAGE)
        asked = sys.stdin.isatty() and not options["password_stdin"]
        password = getpass.getpass("Password: ") if asked else sys.stdin.readline().rstrip("\n")
        user = authenticate(username=options["propose"], password=password)
        if user is None or user.pk is None:
            raise CommandError("No staff login has this address and password.", returncode=USAGE)
        made = signer_proposals.propose(
            data=options["file"].read_bytes(),
            kinds=options["kinds"],
            source=options["source"],
            actor=actor.staff(user.pk, via="command"),
            now=clock.now(),
        )
        line = f"Proposed as {made.pk}: {made.name}, SHA-256 {made.sha256}. Another person decides in the admin."
        self.answer({"proposal": made.pk, "sha256": made.sha256, "name": made.name}, line, options=options)

    def _tell(self, options: dict[str, Any]) -> None:
        now = clock.now()
        rows = SignerKey.objects.filter(ended_at=None).defer("certificate")
        waiting = list(SignerProposal.objects.filter(answer=Answer.PENDING).values_list("pk", flat=True))
        soon = [one.kind for one in signer_proposals.ending(now=now)]
        body = {
            "keys": [
                {
                    "sha256": row.sha256,
                    "name": row.name,
                    "kinds": row.kinds,
                    "valid_until": row.valid_until.isoformat(),
                    "is_confirmed": row.is_confirmed,
                }
                for row in rows
            ],
            "proposals": waiting,
            "ending": soon,
        }
        lines = [f"{row.sha256[:16]} until {row.valid_until:%Y-%m-%d}: {row.name}" for row in rows]
        said = f"{len(rows)} certificates are trusted, {len(waiting)} changes wait"
        said += f"; these end soon: {', '.join(soon)}." if soon else "; none ends soon."
        self.answer(body, "\n".join([*lines, said]), options=options)
