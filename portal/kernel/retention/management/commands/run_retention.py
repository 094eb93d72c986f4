"""``run_retention``: what beat runs each night, by hand."""

from typing import Any

from django.core.management import CommandParser

from portal.kernel.core import actor, clock
from portal.kernel.core.commands import PortalCommand
from portal.kernel.retention.services import erasure_plans, nightly_run
from portal.kernel.retention.services.nightly_run import Night


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
            found = erasure_plans.preview(now=now)
            failed = found.failed
            numbers = {"due": found.due, "held": found.held, "kept_by_law": found.kept_by_law}
            numbers["to_erase"] = found.to_erase
            words = "{due} due: {held} under legal hold, {kept_by_law} retained by law, {to_erase} to erase. Nothing was erased."
        else:
            night = nightly_run.pass_over(now=now, actor=actor.system("run_retention"))
            ended, numbers = night.ended, _numbers(night)
            failed = sorted({step.eraser for run in ended for step in run.steps.exclude(failure="")})
            words = (
                "{due} due: {held} under legal hold, {kept_by_law} retained by law, {erased} erased, {waiting} "
                "wait for two people. "
            )
            words += f"Certificates: {', '.join(run.reference for run in ended)}"
            words += f". Plan: {night.plan.reference}" if night.plan is not None else ""
        if failed:
            self.stderr.write(f"Failed: {', '.join(failed)}. The log names the errors; the next run tries again.")
        self.answer(numbers, words.format(**numbers), options=options, code=1 if failed else 0)


def _numbers(night: Night) -> dict[str, int]:
    """Of the runs that ended and the plans that wait. What a dispute or a change keeps is among the held."""
    plans = [*([night.plan] if night.plan is not None else []), *night.again]
    runs_of_tonight = [*night.ended, *plans]
    return {
        "due": sum(run.due for run in runs_of_tonight),
        "held": sum(run.held + run.disputed + run.stale for run in night.ended),
        "kept_by_law": sum(run.kept_by_law for run in runs_of_tonight),
        "erased": sum(run.erased for run in night.ended),
        "waiting": sum(erasure_plans.left_to_erase(plan) for plan in plans),
    }
