from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import services


class Command(PortalCommand):
    help = "Write the receipt of one entry: a file that proves it with public tools, without this portal."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "receipt", help="the reference that people see (OS-...), an event's number (a UUID), or: latest"
        )
        parser.add_argument("--number", type=int, help="which of a receipt's choices, as its page counts them, from 1")
        parser.add_argument("--out", type=Path, required=True, help="the file to write, by custom *.tlog-proof")

    def handle(self, *args: Any, receipt: str, out: Path, number: int | None = None, **options: Any) -> None:
        """Exit 1 for an unknown or erased entry, 2 where one of several has to be chosen, 3 for one not sealed yet."""
        found = services.entries_of(receipt)
        if number is None and len(found) > 1:
            said = f"This receipt has {len(found)} entries, and a file proves one. Add --number 1 to {len(found)}."
            raise CommandError(said, returncode=USAGE)
        if number is not None and not 1 <= number <= len(found):
            raise CommandError(f"--number is from 1 to {len(found)} here.", returncode=USAGE)
        entry = found[(number or 1) - 1]
        data = services.receipt_for(entry)
        out.write_bytes(data)
        body = {"file": str(out), "event_id": str(entry.event_id), "index": entry.index, "bytes": len(data)}
        self.answer(body, f"Wrote the receipt of entry {entry.index} to {out}.", options=options)
