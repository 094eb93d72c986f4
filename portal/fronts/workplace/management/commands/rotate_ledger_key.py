import getpass
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import authenticate
from django.core.management import CommandError, CommandParser

from portal.fronts.workplace import rotation
from portal.fronts.workplace.models import KeyRotationProposal
from portal.kernel.core import actor
from portal.kernel.core.command_line import REFUSED, USAGE
from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import notes
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.ledger.services import public_log
from portal.kernel.people.choices import Answer


class Command(PortalCommand):
    help = (
        "Change the ledger's signing key by two people: make the next key, propose it, and see the progress of the "
        "change. The second person decides on the admin's page; no one can do both halves here."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--new-key", type=Path, metavar="FILE", help="write a new key to FILE, for LEDGER_KEY_NEXT")
        parser.add_argument(
            "--propose",
            metavar="EMAIL",
            help="propose the key of LEDGER_KEY_NEXT as this staff login; asks for its password",
        )
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the login's password from standard input"
        )
        parser.add_argument("--cause", choices=RotationCause.values, default=RotationCause.ROUTINE.value)
        parser.add_argument(
            "--good-size",
            type=int,
            metavar="N",
            help="after a compromise: the last size that was surely signed by us; after a restore: the size that "
            "ledger_info calls signed last (not the anchor's)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0, 1 when refused, 2 for a wrong password or a file that is there already."""
        if options["new_key"] is not None:
            self._make_key(options)
        elif options["propose"]:
            self._propose(options)
        else:
            self._tell(options)

    def _make_key(self, options: dict[str, Any]) -> None:
        seed = secrets.token_bytes(32)
        try:
            handle = os.open(options["new_key"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{options['new_key']} is there already.", returncode=USAGE) from error
        with os.fdopen(handle, "w") as file:
            file.write(seed.hex())
        vkey = notes.Signer(ledger.verifier().name, seed).verifier.vkey
        body = {"file": str(options["new_key"]), "vkey": vkey}
        self.answer(
            body, f"Wrote the key to {options['new_key']}. Set LEDGER_KEY_NEXT_FILE to it.\n{vkey}", options=options
        )

    def _propose(self, options: dict[str, Any]) -> None:
        asked = sys.stdin.isatty() and not options["password_stdin"]
        password = getpass.getpass("Password: ") if asked else sys.stdin.readline().rstrip("\n")
        if not password:
            raise CommandError(
                "No password was given. Run this in a terminal, or write it to standard input with --password-stdin.",
                returncode=USAGE,
            )
        user = authenticate(username=options["propose"], password=password)
        if user is None or user.pk is None:
            raise CommandError("No staff login has this address and password.", returncode=USAGE)
        who = actor.staff(user.pk, via="command")
        made = rotation.propose_key(cause=options["cause"], good_size=options["good_size"], actor=who)
        line = f"Proposed as {made.pk}. Another person decides in the admin: {made.new_vkey}"
        self.answer({"proposal": made.pk, "vkey": made.new_vkey}, line, options=options)

    def _tell(self, options: dict[str, Any]) -> None:
        waiting = KeyRotationProposal.objects.filter(answer=Answer.PENDING).values_list("pk", flat=True).first()
        following = ledger.next_signer()
        body = {
            "keys": public_log.key_terms(),
            "next": None if following is None else following.verifier.vkey,
            "proposal": waiting,
            "signs": _can_sign(),
        }
        lines = [
            f"{one['vkey']}: from {one['first_size']}, {one['replaced'] or 'signs now'}"
            for one in public_log.key_terms()
        ]
        lines.append(f"Next: {body['next'] or 'LEDGER_KEY_NEXT is not set'}; proposal: {waiting or 'none'}.")
        if not body["signs"]:
            lines.append("THE KEY THAT IS SET IS NOT THE ONE AGREED TO: nothing is signed.")
        self.answer(body, "\n".join(lines), options=options, code=0 if body["signs"] else REFUSED)


def _can_sign() -> bool:
    """Whether the keys that are set here may sign the next head."""
    return ledger.verifiers()[0] in {one.verifier for one in (ledger.signer(), ledger.next_signer()) if one is not None}
