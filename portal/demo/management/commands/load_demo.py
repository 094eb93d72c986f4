import time
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management import CommandError, CommandParser

from portal.demo.story import builder
from portal.kernel.core import clock
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Fill an empty database with the demonstration, through the portal's own services. A second run finds it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--seed", type=int, default=builder.SEED, help="the same seed tells the same story")

    def handle(self, *args: Any, seed: int, **options: Any) -> None:
        """Refuses in production, and a database that holds something else."""
        if settings.PRODUCTION:
            raise CommandError("The demonstration does not run with PRODUCTION=1.", returncode=USAGE)
        began = time.monotonic()
        if not builder.is_told():
            builder.name_ledger()
            builder.build(seed=seed, now=clock.now(), tell=self._tell)
        found = asdict(builder.summary())
        words = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.items())
        self.answer(found, f"{words} ({time.monotonic() - began:.0f} s).", options=options)

    def _tell(self, what: str, done: int, total: int) -> None:
        self.show_progress(done, total)
