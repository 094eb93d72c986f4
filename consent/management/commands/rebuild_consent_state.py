from dataclasses import asdict
from typing import Any

from consent.records.models.state import ConsentState
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.core import actor
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Fold all consent events again and repair every state that differs. Safe to run at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Writes states that differ and one audit event."""
        total = ConsentState.objects.count()
        done = rebuild_consent_state(
            actor=actor.system("rebuild_consent_state"), progress=lambda count: self.show_progress(count, total)
        )
        body = asdict(done)
        line = f"Checked {done.checked} states, repaired {done.mended}, removed {done.removed}, sealed {done.sealed}."
        if done.refused:
            line += (
                f" Left {done.refused} as they were: an event is not what its entry of the ledger says. See "
                "portal/docs/operators.md, A row says something else than its leaf."
            )
        self.answer(body, line, options=options, code=1 if done.refused else 0)
