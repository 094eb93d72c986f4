import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from consent.decisions.models.contact_decisions import AnswerSet
from consent.decisions.services import list_scrub
from consent.decisions.services.bulk_decisions import Question
from portal.kernel.core import actor, clock
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand, moment
from portal.kernel.core.errors import Unavailable
from portal.kernel.law.choices import MESSAGE_CHANNELS
from portal.kernel.ledger import services as ledger

SCRUBBER = actor.system("scrub")


class Command(PortalCommand):
    help = "Say of each address of a list whether a message may go to it. Exit 0 when every line has its decision."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("source", type=Path, help="one address a line, with or without the heading: address")
        parser.add_argument("target", type=Path, help="CSV to write: address,allowed,reason in the same order")
        parser.add_argument("--purpose", required=True, help="for example marketing")
        parser.add_argument("--channel", required=True, choices=[str(channel) for channel in MESSAGE_CHANNELS])
        parser.add_argument("--at", type=str, help="a time such as 2026-11-25T14:30 (Indian time); now when left out")
        parser.add_argument("--fiduciary", default="onesetu", help="on whose behalf; a code, by default onesetu")
        parser.add_argument("--header", help="the sender's header, for example AD-ONESTU-P")
        parser.add_argument("--template", help="the template's DLT id, or its name on the platform")

    def handle(self, *args: Any, source: Path, target: Path, **options: Any) -> None:
        """Writes the target whole or not at all, then one row and one ledger entry."""
        if target.exists() and target.samefile(source):
            raise CommandError(f"{target} is the list itself. Give the result another name.", returncode=USAGE)
        now = clock.now()
        question = Question(
            purpose=options["purpose"],
            channel=options["channel"],
            at=moment(options["at"]) if options["at"] else now,
            fiduciary=options["fiduciary"],
            header=options["header"],
            template=options["template"],
        )
        done = self._write(list_scrub.Scrub(question), source, target)
        kept = list_scrub.note(done, actor=SCRUBBER, now=now)
        body = list_scrub.as_json(done, self._index(kept))
        line = (
            f"{done.total:,} addresses: {done.allowed:,} allowed, {done.blocked:,} blocked, {done.invalid:,} invalid."
        )
        self.answer(body, line, options=options)

    def _write(self, scrub: list_scrub.Scrub, source: Path, target: Path) -> list_scrub.Scrubbed:
        """Under another name first: a scrub that broke off leaves no half list that somebody might send to."""
        size = max(source.stat().st_size, 1)
        with source.open("rb") as read:
            if read.seekable():
                list_scrub.lines_of(read)
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
            try:
                with os.fdopen(descriptor, "wb") as written:
                    for piece in scrub.lines(read):
                        written.write(piece)
                        self.show_progress(min(read.tell(), size), size)
                Path(name).replace(target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        return scrub.done

    def _index(self, kept: AnswerSet) -> int | None:
        """The place in the ledger, once sealed; None when sealing has to wait."""
        try:
            ledger.seal_now(entry=kept.entry)
        except Unavailable:
            return None
        return type(kept.entry).objects.get(pk=kept.entry.pk).index
