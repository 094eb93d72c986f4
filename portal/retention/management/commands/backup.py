"""``backup``: data and keys in two places, neither of which opens anything alone."""

from pathlib import Path
from typing import Any

from django.core.management import CommandParser

from portal.core import actor, clock
from portal.core.commands import PortalCommand
from portal.vault import backups
from portal.vault.backups import Manifest, Places


def add_places(parser: CommandParser) -> None:
    """Where backups lie, for both commands."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the data lies (default: BACKUP_DIR)")
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
        what.add_argument("--verify", metavar="NAME", help="open one to its last byte ('latest' for the newest)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0; 1 when refused; 2 for a wrong option; 3 without the database's tools, or on a full disk."""
        places, now = Places.given(options["data"], options["key_files"]), clock.now()
        who = actor.system("backup")
        if options["list"]:
            self._list(places, options)
        elif options["remove_expired"]:
            ended = backups.remove_expired(places=places, now=now, actor=who)
            names = [one.name for one in ended]
            line = "\n".join([*names, f"{len(names)} expired backups were removed."])
            self.answer({"removed": names}, line, options=options)
        elif options["verify"]:
            one = backups.one(options["verify"], places)
            backups.verify(one, places=places)
            self.answer(body(one), f"{one.name} opens to its last byte: {told(one)}", options=options)
        else:
            one = backups.take(places=places, now=now, actor=who)
            self.answer(body(one), f"Took {one.name}: {told(one)}", options=options)

    def _list(self, places: Places, options: dict[str, Any]) -> None:
        there, damaged = backups.found(places), backups.unreadable(places)
        now = clock.now()
        lines = [f"{one.name}: {told(one)}{' EXPIRED' if one.is_expired(now) else ''}" for one in there]
        lines += [f"{name}: its manifest is damaged, or was written with another BACKUP_KEY" for name in damaged]
        expired = sum(one.is_expired(now) for one in there)
        lines.append(f"{len(there)} backups, {expired} of them expired, {len(damaged)} unreadable.")
        listed = [{**body(one), "expired": one.is_expired(now)} for one in there]
        self.answer({"backups": listed, "unreadable": damaged}, "\n".join(lines), options=options)


def body(one: Manifest) -> dict[str, Any]:
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
