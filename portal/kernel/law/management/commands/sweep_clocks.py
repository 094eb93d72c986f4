from dataclasses import asdict
from typing import Any

from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand
from portal.kernel.law.services import deadline_sweep


class Command(PortalCommand):
    help = "Notify the owners of deadlines that became due soon or late. What beat does each minute, by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        done = deadline_sweep.sweep(now=clock.now())
        self.answer(asdict(done), f"{done.due_soon} due soon, {done.late} late.", options=options)
