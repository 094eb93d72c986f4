from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from portal.kernel.core.command_line import REFUSED, UNDECIDED, USAGE
from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import documents, notes, receipts


class Command(PortalCommand):
    help = "Check a receipt (its .tlog-proof file, or its JSON form word by word) against the log's public key. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--vkey", action="append", help="a public key of the log, as published; may be repeated")
        parser.add_argument(
            "--witness", action="append", help="the key of a witness that must have cosigned; may be repeated"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Exit 0 when one of the keys signed it, 1 when none did or anything was changed, 3 without a key."""
        verifiers, watching = (_keys(options[name], f"--{name}") for name in ("vkey", "witness"))
        with file.open("rb") as opened:
            result = documents.check_file(opened.read(receipts.MOST_BYTES + 1), verifiers, witnesses=watching)
        body = asdict(result)
        consistent = body.pop("consistent")
        if result.ok:
            line = f"Valid: entry {result.index} of {result.origin}, under a signed tree of {result.size}."
            if result.unproved:
                line += f" What is readable in it says the same; proved by nothing: {', '.join(result.unproved)}."
        else:
            line = f"{'Consistent, not authenticated: give --vkey.' if consistent else f'Refused: {result.reason}'}"
        self.answer(body, line, options=options, code=0 if result.ok else UNDECIDED if consistent else REFUSED)


def _keys(given: list[str] | str | None, name: str) -> list[notes.Verifier]:
    try:
        return [notes.parse_vkey(one) for one in ([given] if isinstance(given, str) else given or [])]
    except notes.NoteError as error:
        raise CommandError(f"{name} cannot be used: {error}", returncode=USAGE) from error
