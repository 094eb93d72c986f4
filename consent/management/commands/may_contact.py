from typing import Any
from uuid import UUID

from django.core.management import CommandError, CommandParser

from consent.decisions.services import decision_signatures
from consent.decisions.services.contact_decisions import may_contact
from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand, moment
from portal.kernel.law.channels import DESCRIPTIONS
from portal.kernel.law.choices import MESSAGE_CHANNELS


class Command(PortalCommand):
    help = "Say whether a message may go to an address now, and why. Exit 0 yes, 1 no."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("address", help="an email address or a number; for push and dashboard a subject reference")
        parser.add_argument("--purpose", required=True, help="for example marketing")
        parser.add_argument("--channel", required=True, choices=[str(channel) for channel in MESSAGE_CHANNELS])
        parser.add_argument("--at", type=str, help="a time such as 2026-11-25T14:30 (Indian time); now when left out")
        parser.add_argument("--fiduciary", default="onesetu", help="on whose behalf; a code, by default onesetu")
        parser.add_argument("--header", help="the sender's header, for example AD-ONESTU-P")
        parser.add_argument("--template", help="the template's DLT id, or its name on the platform")
        parser.add_argument("--free-text", action="store_true", help="the text is in no template (WhatsApp)")
        parser.add_argument("--sign", action="store_true", help="sign the decision, so that a sender can prove it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads only."""
        channel, address = options["channel"], options["address"]
        subject_ref: UUID | None = None
        if not DESCRIPTIONS[channel].address_kind:
            try:
                subject_ref = UUID(address)
            except ValueError as error:
                raise CommandError(
                    "On push and dashboard give the subject's reference, a UUID.", returncode=2
                ) from error
        now = clock.now()
        at = moment(options["at"]) if options["at"] else now
        if options["sign"]:
            decision_signatures.check_time(at, now=now)
        decision = may_contact(
            address=address,
            purpose=options["purpose"],
            channel=channel,
            at=at,
            fiduciary=options["fiduciary"],
            header=options["header"],
            template=options["template"],
            free_text=options["free_text"],
            subject_ref=subject_ref,
            sign=options["sign"],
        )
        line = f"{decision.reason}: {decision.sentence}"
        self.answer(decision.as_json(), line, options=options, code=0 if decision.allowed else 1)
