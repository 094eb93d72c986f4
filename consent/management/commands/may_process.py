from typing import Any

from django.core.management import CommandParser

from consent.decisions.services import decision_signatures
from consent.decisions.services.contact_decisions import may_process
from consent.records.selectors.subjects import subject_ref_of
from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand, moment


class Command(PortalCommand):
    help = "Say whether a person's data may be used for a purpose that is no message, and why. Exit 0 yes, 1 no."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("subject", help="a subject reference (UUID) or a customer's reference (OS-CU-...)")
        parser.add_argument("--purpose", required=True, help="for example analytics")
        parser.add_argument("--at", type=str, help="a time such as 2026-11-25T14:30 (Indian time); now when left out")
        parser.add_argument("--fiduciary", default="onesetu", help="on whose behalf; a code, by default onesetu")
        parser.add_argument("--sign", action="store_true", help="sign the decision, so that it can be proved")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads only."""
        now = clock.now()
        at = moment(options["at"]) if options["at"] else now
        if options["sign"]:
            decision_signatures.check_time(at, now=now)
        decision = may_process(
            subject=subject_ref_of(options["subject"]),
            purpose=options["purpose"],
            at=at,
            fiduciary=options["fiduciary"],
            sign=options["sign"],
        )
        line = f"{decision.reason}: {decision.sentence}"
        self.answer(decision.as_json(), line, options=options, code=0 if decision.allowed else 1)
