from typing import Any

from portal.core import clock, hooks
from portal.core.actor import system
from portal.core.commands import PortalCommand
from portal.law.services import rulebook


class Command(PortalCommand):
    help = "Load the rules of law, our own promises and the first purposes from portal/law/data. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        """A changed row becomes a new version beside the old one; the other rooms load their dated rules behind it."""
        actor = system("sync_rules")
        done = rulebook.sync(actor=actor, now=clock.now())
        others = sum(load(actor=actor) for load in hooks.rule_books)
        body = {
            "added": done.added,
            "superseded": done.superseded,
            "purposes": done.purposes,
            "rules": done.rules,
            "house_rules": done.house_rules,
            "others": others,
        }
        line = (
            f"{done.rules} rules of law and {done.house_rules} house rules: {done.added} added, "
            f"{done.superseded} superseded; {done.purposes} purposes adopted; {others} rules of other rooms added."
        )
        self.answer(body, line, options=options)
