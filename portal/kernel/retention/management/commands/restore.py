"""``restore``: bring a backup back and erase again what was erased since."""

from dataclasses import asdict
from typing import Any

from django.core.management import CommandParser

from portal.kernel.core import actor, clock
from portal.kernel.core.commands import PortalCommand
from portal.kernel.people.services.restored_access import RestoredAccess
from portal.kernel.retention.management.commands.backup import add_places, told
from portal.kernel.retention.services import backup_restore
from portal.kernel.vault import backups
from portal.kernel.vault.backups import Places

NEXT = (
    "The portal is read-only until `read_only off`. Before that: grant_app_role (PostgreSQL) and verify_ledger "
    "(portal/docs/backups.md)."
)


class Command(PortalCommand):
    help = (
        "Restore the main database and the stored files of a backup, and erase again what was erased since. The "
        "key database stays as it is unless it is empty. Stop web, workers and beat first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the backup's name, or 'latest'")
        add_places(parser)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--only-keys", action="store_true", help="restore the key database alone")
        which.add_argument("--keys-of", metavar="NAME", help="restore the key database too, from this backup")
        parser.add_argument(
            "--replace", action="store_true", help="the databases are in use: put the backup in their place"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0; 1 when refused (nothing was changed) or something could not be erased again; 3 without the tools."""
        places = Places.given(options["data"], options["key_files"])
        one = backups.one(options["name"], places)
        keys_of = backups.one(options["keys_of"], places) if options["keys_of"] else None
        back = backup_restore.restore(
            one,
            places=places,
            keys_of=keys_of,
            only_keys=options["only_keys"],
            replace=options["replace"],
            now=clock.now(),
            actor=actor.system("restore"),
        )
        numbers = {
            "backup": one.name,
            "files": back.restored.files,
            "keys": back.restored.keys,
            "keys_ended": back.restored.ended,
            "closed": back.restored.closed,
            "marks": back.replayed.marks,
            "undone": back.replayed.undone,
            "erased": back.replayed.erased,
            "redacted": back.replayed.redacted,
            "left": back.left,
            "access": back.access and asdict(back.access),
        }
        line = (
            f"Restored {one.name}: {told(one)} Of {back.replayed.marks} erasures on record {back.replayed.undone} had "
            f"been undone; {back.replayed.erased} records and {back.replayed.redacted} contents of the ledger were "
            "erased "
            f"again; {back.left} are left.\n{NEXT}"
        )
        if back.restored.closed:
            line = (
                f"{back.restored.closed} stored files are encrypted under keys made after this backup and can no "
                f"longer be opened.\n{line}"
            )
        if back.access:
            line = f"{line}\n{_access(back.access)}"
        self.answer(numbers, line, options=options, code=1 if back.left else 0)


def _access(back: RestoredAccess) -> str:
    """What came back with the main database, what ended again, and what is for people to review."""
    review = "Review them before anyone signs in: what ended after this backup was taken "
    review += "and the replaced database did not say is active again." if back.is_known else "is active again."
    return (
        f"{back.sessions} sessions and {back.invitations} open invitations were ended. By the database that was "
        "replaced "
        f"{back.accounts_ended} staff accounts, {back.roles_ended} role assignments and {back.api_keys_ended} API "
        "keys ended "
        f"again. Active now: {back.accounts} staff accounts, {back.roles} role assignments and {back.api_keys} API "
        "keys. "
        f"{review}"
    )
