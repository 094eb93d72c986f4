from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from portal.core.command_line import REFUSED, UNDECIDED, USAGE
from portal.core.commands import PortalCommand
from portal.ledger import notes, receipts


class Command(PortalCommand):
    help = "Check a receipt against the log's public key. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--vkey", help="the log's public key, as published; see ledger_info")

    def handle(self, *args: Any, file: Path, vkey: str | None, **options: Any) -> None:
        """Exit 0 when the key signed it, 1 when it did not or anything was changed, 3 without a key."""
        try:
            verifiers = [] if vkey is None else [notes.parse_vkey(vkey)]
        except notes.NoteError as error:
            raise CommandError(f"--vkey cannot be used: {error}", returncode=USAGE) from error
        with file.open("rb") as opened:
            result = receipts.check_receipt(opened.read(receipts.MOST_BYTES + 1), verifiers)
        body = asdict(result)
        consistent = body.pop("consistent")
        if result.ok:
            line = f"Holds: entry {result.index} of {result.origin}, under a signed tree of {result.size}."
        else:
            line = f"{'Consistent, not authenticated: give --vkey.' if consistent else f'Refused: {result.reason}'}"
        self.answer(body, line, options=options, code=0 if result.ok else UNDECIDED if consistent else REFUSED)
