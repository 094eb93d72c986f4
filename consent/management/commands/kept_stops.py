from typing import Any

from django.core.management import CommandParser

from consent.services import kept_stops
from portal.core.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Say how many stops that came while the database was away wait on this machine, and how many could not be carried "
        "out. Exit 1 while there are any of the latter."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--again", action="store_true", help="carry out those that could not be, and what waits")

    def handle(self, *args: Any, **options: Any) -> None:
        """With ``--again`` each stop in transactions of its own; a second time does no harm."""
        taken = kept_stops.carry_out_again().taken if options["again"] else 0
        waiting, refused = kept_stops.STOPS.waiting(), kept_stops.STOPS.refused()
        line = f"{taken} carried out now, {waiting} wait, {refused} could not be carried out."
        self.answer(
            {"taken": taken, "waiting": waiting, "refused": refused}, line, options=options, code=1 if refused else 0
        )
