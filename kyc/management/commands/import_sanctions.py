import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from kyc.base.choices import ListSource
from kyc.sanctions.entries import BadListError
from kyc.screening.services import sanctions_lists, screening
from portal.kernel.core import actor, clock
from portal.kernel.core.command_line import REFUSED, USAGE
from portal.kernel.core.commands import PortalCommand, day
from portal.kernel.core.errors import Refused


class Command(PortalCommand):
    help = "Import an edition of a sanctions list; everyone is screened against it by the worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)  # type: ignore[arg-type]
        parser.add_argument("source", choices=ListSource.values, help="whose list it is")
        parser.add_argument(
            "file",
            type=Path,
            help="un: the consolidated XML; ofac: sdn.csv; eu: the consolidated XML or CSV; uapa: the table of the schedules",
        )
        parser.add_argument("--names", type=Path, help="ofac: alt.csv, the other names")
        parser.add_argument(
            "--compared",
            action="store_true",
            help="the file was compared with its publication: take it although it is much smaller or has no other names",
        )
        parser.add_argument(
            "--as-of", type=day, metavar="DATE", help="ofac, uapa: the day of the edition (the others say their own)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One transaction; a file that cannot be read whole changes nothing."""
        source, as_of = ListSource(options["source"]), options["as_of"]
        if (source in {ListSource.OFAC, ListSource.UAPA}) != (as_of is not None):
            raise CommandError("Give --as-of for ofac and uapa, and for nothing else.", returncode=USAGE)
        if options["names"] and source != ListSource.OFAC:
            raise CommandError("Give --names for ofac only.", returncode=USAGE)
        try:
            data = _bytes(options["file"])
            names = _bytes(options["names"]) if options["names"] else b""
            stated, entries = sanctions_lists.read(source, data, names=names)
            edition = screening.import_edition(
                entries,
                source=source,
                version=stated or as_of,
                sha256=hashlib.sha256(data).hexdigest(),
                names_sha256=hashlib.sha256(names).hexdigest() if names else "",
                is_compared=options["compared"],
                actor=actor.system("kyc.import_sanctions"),
                now=clock.now(),
            )
        except (BadListError, OSError, Refused) as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        body = {
            "source": edition.source,
            "version": edition.version.isoformat(),
            "sha256": edition.sha256,
            "entries": edition.size,
        }
        line = f"{edition}: {edition.size:,} entries, SHA-256 {edition.sha256}."
        self.answer(body, line, options=options)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(sanctions_lists.MOST_BYTES + 1)
    if len(data) > sanctions_lists.MOST_BYTES:
        raise BadListError("The file is larger than any such list.")
    return data
