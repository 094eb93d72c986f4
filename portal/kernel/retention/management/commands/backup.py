"""``backup``: data and keys in two places, neither of which opens anything alone."""

import traceback
from pathlib import Path
from typing import Any

from django.core.management import CommandParser

from portal.kernel.core import actor, clock, command_line
from portal.kernel.core.command_line import REFUSED, UNDECIDED
from portal.kernel.core.commands import PortalCommand
from portal.kernel.vault import backups
from portal.kernel.vault.backups import Cleared, Manifest, Places


def add_places(parser: CommandParser) -> None:
    """Where backups lie, for both commands."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the data is stored (default: BACKUP_DIR)")
    parser.add_argument("--key-files", type=Path, metavar="DIR", help="where the keys lie (default: BACKUP_KEYS_DIR)")


class Command(PortalCommand):
    help = (
        "Take an encrypted backup of both databases and the stored files. The keys go to a place of their own: "
        "neither place opens anything alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_places(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="list the backups, the newest first")
        what.add_argument("--remove-expired", action="store_true", help="end every backup whose time is over")
        nightly = "take one, end those whose time is over, open the newest to its last byte: each, though another fails"
        what.add_argument("--nightly", action="store_true", help=nightly)
        what.add_argument("--verify", metavar="NAME", help="open one to its last byte ('latest' for the newest)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0; 1 when refused, or something expired is left; 2 for a wrong option; 3 without the tools, or on a full disk."""
        places, now = Places.given(options["data"], options["key_files"]), clock.now()
        who = actor.system("backup")
        if options["list"]:
            self._list(places, options)
        elif options["remove_expired"]:
            ended = backups.remove_expired(places=places, now=now, actor=who)
            body = {"removed": [one.name for one in ended.removed], "left": ended.left}
            self.answer(body, told_of(ended), options=options, code=REFUSED if ended.left else 0)
        elif options["nightly"]:
            self._nightly(places, options)
        elif options["verify"]:
            one = backups.one(options["verify"], places)
            backups.verify_and_note(one, places=places, actor=who)
            self.answer(body_of(one), f"{one.name} opens to its last byte: {told(one)}", options=options)
        else:
            one = backups.take(places=places, now=now, actor=who)
            self.answer(body_of(one), f"Took {one.name}: {told(one)}", options=options)

    def _nightly(self, places: Places, options: dict[str, Any]) -> None:
        """Three steps, none of which keeps a later one from being done: a full disk least of all the end of old backups."""
        who, worst = actor.system("backup"), 0
        body: dict[str, Any] = {"taken": None, "removed": [], "left": [], "verified": None, "failed": {}}
        lines: list[str] = []

        def take() -> None:
            one = backups.take(places=places, now=clock.now(), actor=who)
            body["taken"] = one.name
            lines.append(f"Took {one.name}: {told(one)}")

        def remove() -> None:
            ended = backups.remove_expired(places=places, now=clock.now(), actor=who)
            body.update(removed=[one.name for one in ended.removed], left=ended.left)
            lines.append(told_of(ended))

        def verify() -> None:
            one = backups.one("latest", places)
            backups.verify_and_note(one, places=places, actor=who)
            body["verified"] = one.name
            lines.append(f"{one.name} opens to its last byte.")

        for step in (take, remove, verify):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - whatever it is: it ends this step, not the night
                known = command_line.explain(error)
                if known is None:
                    self.stderr.write(traceback.format_exc())
                code, line = known or (UNDECIDED, f"{type(error).__name__}. The trace is above.")
                worst = max(worst, code)
                body["failed"][step.__name__] = line
                lines.append(f"FAILED to {step.__name__}: {line}")
        self.answer(body, "\n".join(lines), options=options, code=max(worst, REFUSED if body["left"] else 0))

    def _list(self, places: Places, options: dict[str, Any]) -> None:
        there, damaged = backups.found(places), backups.unreadable(places)
        now = clock.now()
        lines = [f"{one.name}: {told(one)}{' EXPIRED' if one.is_expired(now) else ''}" for one in there]
        lines += [f"{name}: its manifest is damaged, or was written with another BACKUP_KEY" for name in damaged]
        expired = sum(one.is_expired(now) for one in there)
        lines.append(f"{len(there)} backups, {expired} of them expired, {len(damaged)} unreadable.")
        listed = [{**body_of(one), "expired": one.is_expired(now)} for one in there]
        self.answer({"backups": listed, "unreadable": damaged}, "\n".join(lines), options=options)


def told_of(ended: Cleared) -> str:
    """What was removed, and of what is left what to do about it."""
    lines = [one.name for one in ended.removed]
    lines.append(f"{len(ended.removed)} expired backups were removed.")
    lines += [
        f"{name} is left: this BACKUP_KEY did not write it and its time is over, or is not known. Run this again "
        "under the key that wrote it; a folder that no key opens has to be reviewed and removed by a person."
        for name in ended.left
    ]
    return "\n".join(lines)


def body_of(one: Manifest) -> dict[str, Any]:
    return {
        "backup": one.name,
        "taken_at": one.taken_at,
        "expires_at": one.expires_at,
        "ledger_size": one.size,
        "files": one.files,
        "parts": {name: {"bytes": part.bytes, "sha256": part.sha256} for name, part in one.parts.items()},
    }


def told(one: Manifest) -> str:
    size = sum(part.bytes for part in one.parts.values()) / 1_000_000
    return f"{size:.1f} MB, {one.files} stored files, ledger of {one.size} leaves, kept until {one.expires_at[:10]}."
