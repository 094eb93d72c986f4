"""``replay_erasures``: after a restore from an older dump, before the portal opens again."""

from typing import Any

from portal.kernel.core import actor, clock
from portal.kernel.core.commands import PortalCommand
from portal.kernel.retention.services import erasure_replay


class Command(PortalCommand):
    help = "After a restore from an older dump: erase again what was erased since. Run it before anyone can sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the numbers; safe to repeat. Exit code 1 when something is still here: then look at the log."""
        done = erasure_replay.replay(now=clock.now(), actor=actor.system("replay_erasures"))
        left = erasure_replay.undone()
        numbers = {
            "marks": done.marks,
            "undone": done.undone,
            "erased": done.erased,
            "redacted": done.redacted,
            "left": left,
        }
        words = "{marks} erasures on record: {undone} had been undone. {erased} records and {redacted} contents of the ledger were erased again; {left} are left."
        self.answer(numbers, words.format(**numbers), options=options, code=1 if left else 0)
