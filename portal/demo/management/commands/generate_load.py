import time
from typing import Any

from django.conf import settings
from django.core.management import CommandError, CommandParser

from portal.demo import bulk
from portal.demo.story import documents as story_documents
from portal.demo.story import grievances
from portal.demo.story.cast import Cast
from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand
from portal.kernel.law.services import rule_loader
from portal.kernel.people.services import fiduciaries
from portal.kernel.retention.services import rule_loader as retention


class Command(PortalCommand):
    help = "Add bulk data for benchmarks: people with a number, their answers, open grievances, uploaded documents."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        for name in ("events", "principals", "tickets", "documents"):
            parser.add_argument(f"--{name}", type=int, default=0, metavar="N")
        parser.add_argument("--seed", type=int, default=1)

    def handle(
        self,
        *args: Any,
        events: int,
        principals: int,
        tickets: int,
        documents: int,
        seed: int,
        **options: Any,
    ) -> None:
        """Each chunk commits alone. Refuses in production; answers need people (four at most for each of them)."""
        if settings.PRODUCTION:
            raise CommandError("Bulk data is never made with PRODUCTION=1.", returncode=USAGE)
        if min(events, principals, tickets, documents) < 0:
            raise CommandError("Give numbers that are not negative.", returncode=USAGE)
        began, now = time.monotonic(), clock.now()
        actor = system("generate_load")
        fiduciaries.ensure_own(actor=actor, now=now)
        rule_loader.sync(actor=actor, now=now)
        retention.load_shipped(actor=actor)
        people = bulk.add_people(principals, now=now, tell=self.show)
        if events and not people:
            people = bulk.people_without_answers(events)
        if events and not people:
            raise CommandError("Answers need people: add --principals N.", returncode=USAGE)
        made = {
            "principals": len(people) if principals else 0,
            "events": bulk.add_answers(events, people, seed=seed, now=now, tell=self.show) if events else 0,
            "tickets": self._tickets(tickets, Cast(seed, now)),
            "documents": self._documents(documents, Cast(seed, now)),
        }
        words = ", ".join(f"{count:,} {name}" for name, count in made.items())
        self.answer(made, f"{words} added ({time.monotonic() - began:.0f} s).", options=options)

    def show(self, what: str, done: int, total: int) -> None:
        self.show_progress(done, total)

    def _tickets(self, count: int, cast: Cast) -> int:
        for first in range(0, count, grievances.CHUNK):
            size = min(grievances.CHUNK, count - first)
            grievances.file_open(cast, size)
            self.show("grievances", first + size, count)
        return count

    def _documents(self, count: int, cast: Cast) -> int:
        for number in range(count):
            story_documents.add_one(cast, actor=system("generate_load"))
            self.show("documents", number + 1, count)
        return count
