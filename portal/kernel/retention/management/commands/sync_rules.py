from typing import Any

from django.db import transaction

from portal.kernel.core import clock, ports
from portal.kernel.core.actor import system
from portal.kernel.core.commands import PortalCommand
from portal.kernel.law.services import rule_loader
from portal.kernel.retention.services import rule_loader as retention


class Command(PortalCommand):
    help = "Load the rules of law, our own promises, the first purposes and the retention rules. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        """One transaction: a changed rule of law becomes a new version beside the old one."""
        actor = system("sync_rules")
        with transaction.atomic():
            done = rule_loader.sync(actor=actor, now=clock.now())
            kept = retention.load_shipped(actor=actor)
            others = sum(book(actor=actor) for book in ports.rule_books if book != retention.load_shipped)
        body = {
            "added": done.added,
            "superseded": done.superseded,
            "purposes": done.purposes,
            "rules": done.rules,
            "house_rules": done.house_rules,
            "retention_rules_added": kept,
            "others_added": others,
        }
        line = (
            f"{done.rules} rules of law and {done.house_rules} house rules: {done.added} added, "
            f"{done.superseded} superseded; {done.purposes} purposes and {kept} retention rules added; "
            f"{others} rows of other registers (signers' certificates)."
        )
        self.answer(body, line, options=options)
