"""``accept_rollback``: after a restore that lost sealed entries, once two people have said so in the log."""

from pathlib import Path
from typing import Any

from django.core.management import CommandParser

from portal.kernel.audit import services
from portal.kernel.core import actor
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Continue after a restore that lost sealed entries: the anchor of before is kept as evidence, and the last "
        "checkpoint that is here replaces it. Two people approve that first, by a change of the ledger's key with "
        "the cause 'restore'."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--evidence", type=Path, required=True, help="where the anchor of before is kept, a new file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0; 1 when nothing was lost, nobody has said so, or another check fires: then nothing was changed."""
        lost = services.accept_rollback(
            evidence=options["evidence"], actor=actor.system("accept_rollback"), progress=self.show_progress
        )
        gone = lost.known.size - lost.good.size
        body = {"size": lost.good.size, "anchored_size": lost.known.size, "lost": gone}
        line = (
            f"{gone} sealed entries after {lost.good.size} are lost and reported as lost. Their checkpoint is kept in "
            f"{options['evidence']}. Signing continues from {lost.good.size}."
        )
        self.answer(body, line, options=options)
