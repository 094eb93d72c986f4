"""``rotate_lookup_key``: what is still hashed under older keys, and the job that writes it anew."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from portal.fronts.workplace import lookup_rekey
from portal.kernel.core import actor, lookup_columns
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Change LOOKUP_KEY: make the next key, see how many hashes are under older keys, and start the job that writes "
        "them anew. While it runs, and for rows that only ever grow, every key is asked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--new-key", type=Path, metavar="FILE", help="write a new key to FILE")
        what.add_argument("--start", action="store_true", help="start the job; a worker of the queue bulk does it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0; 2 for a file that is there already. Starting twice starts one job."""
        if options["new_key"] is not None:
            self._make_key(options)
            return
        started = lookup_rekey.start(actor=actor.system("rotate_lookup_key")) if options["start"] else None
        job = started or lookup_rekey.running()
        left = lookup_rekey.older_lookups()
        lines = [f"{one.column}: {one.rows:,} rows, {'written anew' if one.is_renewed else 'kept'}" for one in left]
        waiting = sum(one.rows for one in left if one.is_renewed)
        kept = sum(one.rows for one in left if not one.is_renewed)
        if job is not None:
            lines.append(f"The job {job.reference} is under way: {job.done or 0:,} of {job.total or waiting:,}.")
        lines.append(
            f"Key version {lookup_columns.present_version()}: {waiting:,} hashes are under older keys and can be written anew, "
            f"{kept:,} are kept as they were written. "
            + ("LOOKUP_KEYS_OLD has to stay." if waiting or kept else "Nothing needs an older key.")
        )
        body = {
            "version": lookup_columns.present_version(),
            "waiting": waiting,
            "kept": kept,
            "columns": {one.column: one.rows for one in left},
            "job": None if job is None else job.reference,
        }
        self.answer(body, "\n".join(lines), options=options)

    def _make_key(self, options: dict[str, Any]) -> None:
        try:
            handle = os.open(options["new_key"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{options['new_key']} is there already.", returncode=USAGE) from error
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
        line = (
            f"Wrote the key to {options['new_key']}. Set LOOKUP_KEY_FILE to it, put the present key in front of "
            "LOOKUP_KEYS_OLD, restart every process, then: rotate_lookup_key --start"
        )
        self.answer({"file": str(options["new_key"])}, line, options=options)
