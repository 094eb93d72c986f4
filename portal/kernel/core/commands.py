"""What the portal's commands share: ``--json``, progress on a terminal, one line at the end, stable exit codes, days and times."""

import json
import sys
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from portal.kernel.core import clock, time_range
from portal.kernel.core.command_line import USAGE


def day(text: str) -> date:
    """An ISO 8601 date that the portal takes. Raises CommandError (usage), saying what to write."""
    try:
        return time_range.day(date.fromisoformat(text))
    except ValueError as error:
        raise CommandError(f"{text} is not a date. Write it as 2026-11-24.", returncode=USAGE) from error
    except time_range.OutOfRange as refusal:
        raise CommandError(str(refusal), returncode=USAGE) from refusal


def moment(text: str, *, zone: tzinfo = clock.IST) -> datetime:
    """An ISO 8601 time that the portal takes; without a zone it is one of ``zone``. Raises CommandError (usage)."""
    try:
        found = datetime.fromisoformat(text)
        found = time_range.moment(found if found.tzinfo else found.replace(tzinfo=zone))
    except ValueError as error:
        said = f"{text} is not a time. Write it as 2026-11-25T14:30 (Indian time) or 2026-11-25T09:00Z."
        raise CommandError(said, returncode=USAGE) from error
    except time_range.OutOfRange as refusal:
        raise CommandError(str(refusal), returncode=USAGE) from refusal
    return found


class PortalCommand(BaseCommand):
    """A command that ends with ``answer``: the line, or with ``--json`` one object on standard output."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a line")

    def answer(self, body: Mapping[str, Any], line: str, *, options: Mapping[str, Any], code: int = 0) -> None:
        """Print the result; with a code other than 0, end the process with it."""
        self.stdout.write(json.dumps(body, ensure_ascii=False) if options["json"] else line)
        if code:
            sys.exit(code)

    def show_progress(self, done: int, total: int) -> None:
        """Rewrite one line of a terminal; silent when the output goes to a file."""
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r{done:,} of {total:,}{end}")
            sys.stderr.flush()
