from dataclasses import asdict
from typing import Any

from portal.core import clock
from portal.core.commands import PortalCommand
from portal.law.services import sweeping


class Command(PortalCommand):
    help = "Tell the owners of clocks that became due soon or late. What beat does each minute, by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweeping.sweep(now=clock.now())
        self.answer(asdict(done), f"{done.due_soon} due soon, {done.late} late.", options=options)
