from pathlib import Path
from typing import Any

from django.core.management import CommandParser

from portal.core.commands import PortalCommand
from portal.ledger import services


class Command(PortalCommand):
    help = "Write the receipt of one entry: a file that proves it with public tools, without this portal."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("event_id", help="the event's number (a UUID), or: latest")
        parser.add_argument("--out", type=Path, required=True, help="the file to write, by custom *.tlog-proof")

    def handle(self, *args: Any, event_id: str, out: Path, **options: Any) -> None:
        """Exit 1 for an unknown or erased entry, 3 for one that is not sealed yet."""
        entry = services.entry_by_event(event_id)
        data = services.receipt_for(entry)
        out.write_bytes(data)
        body = {"file": str(out), "event_id": str(entry.event_id), "index": entry.index, "bytes": len(data)}
        self.answer(body, f"Wrote the receipt of entry {entry.index} to {out}.", options=options)
