from typing import Any

from portal.core import clock
from portal.core.actor import system
from portal.core.commands import PortalCommand
from portal.law.services import rulebook


class Command(PortalCommand):
    help = "Load the rules of law, our own promises and the first purposes from portal/law/data. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        """One transaction: a changed row becomes a new version beside the old one."""
        done = rulebook.sync(actor=system("sync_rules"), now=clock.now())
        body = {
            "added": done.added,
            "superseded": done.superseded,
            "purposes": done.purposes,
            "rules": done.rules,
            "house_rules": done.house_rules,
        }
        line = (
            f"{done.rules} rules of law and {done.house_rules} house rules: {done.added} added, "
            f"{done.superseded} superseded; {done.purposes} purposes adopted."
        )
        self.answer(body, line, options=options)
