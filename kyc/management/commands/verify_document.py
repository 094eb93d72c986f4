import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from kyc.services import outside
from kyc.states import PROVED_BY_SIGNATURE, DocumentKind
from portal.core import clock
from portal.core.command_line import REFUSED, UNDECIDED, USAGE
from portal.core.commands import PortalCommand, moment
from portal.vault.inspection.process import LIMITS

#: What a signature proves is not judged by a plan without one.
TYPES = (*(kind for kind in DocumentKind.values if kind not in PROVED_BY_SIGNATURE), outside.SAFETY_ONLY)
KEYS = frozenset({"pan", "gstin", "valid_until", "customer_kind"})
EXITS = {"PASS": 0, "WARN": 0, "NOT_APPLICABLE": 0, "FAIL": REFUSED, "REFUSED": REFUSED, "UNAVAILABLE": UNDECIDED}


class Command(PortalCommand):
    help = "Run the check plan of a document type on a file outside the database. Nothing is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="the file")
        parser.add_argument("--type", required=True, choices=TYPES, help="what the file is said to be")
        parser.add_argument("--at", help="the time of the checks, ISO 8601 (default: now)")
        parser.add_argument("--declared", default="{}", help='JSON, for example {"pan": "ABCPR1234K"}')

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads the file; writes nothing. Exit 0 passed or to be looked at, 1 failed or refused, 3 could not decide."""
        now = self._time(options["at"])
        file: Path = options["file"]
        with file.open("rb") as stream:
            data = stream.read(LIMITS.size + 1)
        body = outside.verify(
            data,
            document_type=options["type"],
            extension=file.suffix,
            declared=self._declared(options["declared"]),
            today=now.astimezone(clock.IST).date(),
        )
        line = f"{options['type']}: {body['outcome']}" + (f" ({body['reason']})" if body["reason"] else "")
        self.answer(body, line, options=options, code=EXITS[body["outcome"]])

    def _declared(self, text: str) -> dict[str, str]:
        try:
            given = json.loads(text)
        except ValueError as error:
            raise CommandError(
                '--declared is not JSON. Write for example {"pan": "ABCPR1234K"}.', returncode=USAGE
            ) from error
        if not isinstance(given, dict) or not KEYS.issuperset(given):
            raise CommandError(f"--declared may hold these keys: {', '.join(sorted(KEYS))}.", returncode=USAGE)
        return {str(key): str(value) for key, value in given.items()}

    def _time(self, text: str | None) -> datetime:
        return clock.now() if text is None else moment(text)
