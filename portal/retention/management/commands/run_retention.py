"""``run_retention``: what beat runs each night, by hand."""

from typing import Any

from django.core.management import CommandParser

from portal.core import actor, clock
from portal.core.commands import PortalCommand
from portal.retention.services import runs


class Command(PortalCommand):
    help = "Erase what is due. With --dry-run, say what would be erased and change nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="count, erase nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Prints the numbers; a run leaves a row with steps and a certificate, whose hash is in the ledger.

        Exit code 1 when something could not be counted or erased: what, stands on standard error.
        """
        now = clock.now()
        if dry_run:
            found = runs.preview(now=now)
            failed = found.failed
            numbers = {"due": found.due, "held": found.held, "kept_by_law": found.kept_by_law}
            numbers["to_erase"] = found.to_erase
            words = "{due} due: {held} held, {kept_by_law} kept by law, {to_erase} to erase. Nothing was erased."
        else:
            done = runs.run(now=now, actor=actor.system("run_retention"))
            failed = list(done.steps.exclude(failure="").values_list("eraser", flat=True))
            numbers = {"due": done.due, "held": done.held, "kept_by_law": done.kept_by_law, "erased": done.erased}
            words = "{due} due: {held} held, {kept_by_law} kept by law, {erased} erased. Certificate: " + done.reference
        if failed:
            self.stderr.write(f"Failed: {', '.join(failed)}. The log names the errors; the next run tries again.")
        self.answer(numbers, words.format(**numbers), options=options, code=1 if failed else 0)
