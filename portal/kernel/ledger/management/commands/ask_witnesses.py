from typing import Any

from portal.kernel.core.command_line import REFUSED, UNDECIDED
from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import services


class Command(PortalCommand):
    help = "Show the newest checkpoint to every witness of WITNESSES and keep its cosignature; beat does it too."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 when every witness cosigned, 1 when one refused, 3 when one did not answer or there is none."""
        asked = services.ask_witnesses()
        body = {"witnesses": [{"name": one.witness.name, "code": one.code, "size": one.size} for one in asked]}
        if any(one.code == "REFUSED" for one in asked):
            line, code = "A WITNESS REFUSED: it knows another tree than ours. Signing is stopped.", REFUSED
        elif asked and all(one.cosigned for one in asked):
            line, code = f"Cosigned by {len(asked)}, up to {max(one.size or 0 for one in asked)} leaves.", 0
        else:
            failed = ", ".join(f"{one.witness.name} ({one.code})" for one in asked if not one.cosigned)
            line, code = f"Not cosigned by: {failed or 'anybody, for no witness is asked'}.", UNDECIDED
        self.answer(body, line, options=options, code=code)
