from typing import Any

from django.core.management import CommandParser

from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import notes, services
from portal.kernel.ledger.models import Leaf


class Command(PortalCommand):
    help = "Seal the entries that wait, sign the ledger, and advance the anchor. The first seal starts the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--wait", type=float, default=60.0, help="seconds to wait for another sealer (default 60)")

    def handle(self, *args: Any, wait: float, **options: Any) -> None:
        """Exit 3 when another sealer does not finish, when signing is stopped or the anchor cannot serve."""
        before = Leaf.objects.count()
        checkpoint = services.seal_now(wait=wait)
        root = notes.to_base64(bytes(checkpoint.root))
        body = {"sealed": max(0, checkpoint.size - before), "size": checkpoint.size, "root": root}
        line = f"Sealed {body['sealed']} entries; {checkpoint.size} in all, root {root}."
        self.answer(body, line, options=options)
