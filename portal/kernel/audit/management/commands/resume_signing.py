from typing import Any

from portal.kernel.audit import services
from portal.kernel.core import actor
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Run every check of the ledger and, when all pass, allow signing again after it was stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when a check still fires; signing then stays stopped."""
        services.resume_signing(actor=actor.system("resume_signing"))
        self.answer({"resumed": True}, "Every check passes: signing continues.", options=options)
