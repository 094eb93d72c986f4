"""What the portal's commands share: ``--json``, progress on a terminal, one line at the end, stable exit codes."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management import BaseCommand, CommandParser


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
