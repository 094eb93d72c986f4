from typing import Any

from django.core.management import CommandParser

from consent.collection.services import deferred_opt_outs
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Show how many opt-outs that came while the database was away are waiting on this machine, and how many could not "
        "be recorded. Exit 1 while there are any of the latter."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--again", action="store_true", help="record those that could not be, and what is waiting")

    def handle(self, *args: Any, **options: Any) -> None:
        """With ``--again`` each opt-out in transactions of its own; a second time does no harm."""
        taken = deferred_opt_outs.retry_refused().taken if options["again"] else 0
        waiting, refused = deferred_opt_outs.STOPS.waiting(), deferred_opt_outs.STOPS.refused()
        line = f"{taken} recorded now, {waiting} waiting, {refused} could not be recorded."
        self.answer(
            {"taken": taken, "waiting": waiting, "refused": refused}, line, options=options, code=1 if refused else 0
        )
