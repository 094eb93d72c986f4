from typing import Any

from django.core.management import CommandParser

from consent.decisions.selectors import point_in_time
from consent.decisions.services.reason_texts import sentence
from consent.records.selectors.subjects import subject_ref_of
from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand, moment


class Command(PortalCommand):
    help = "Say what could have been sent to a person, or done with their data, at a time that is over."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("subject", help="a subject reference (UUID) or a customer's reference (OS-CU-...)")
        parser.add_argument("time", help="a time such as 2026-11-25T14:30 (Indian time)")

    def handle(self, *args: Any, subject: str, time: str, **options: Any) -> None:
        """Reads only. From what had reached us by then."""
        at, ref = moment(time), subject_ref_of(subject)
        found = [_row(then) for then in point_in_time.of_person(ref, at)]
        texts = [{"notice": text.notice.code, "version": text.number} for text in point_in_time.texts_in_force(at)]
        if not options["json"]:
            for row in found:
                self.stdout.write(
                    f"{row['purpose']:20} {row['channel']:10} {row['sender']:10} {row['answer']:10} {row['reason']}"
                )
        body = {"subject": str(ref), "at": clock.stamp(at), "decisions": found, "texts": texts}
        line = f"{len(found)} decisions at {at.astimezone(clock.IST):%d-%m-%Y %H:%M} IST."
        self.answer(body, line, options=options)


def _row(then: point_in_time.Then) -> dict[str, Any]:
    return {
        "fiduciary": then.fiduciary,
        "purpose": then.purpose,
        "channel": then.channel,
        "sender": then.sender,
        "answer": then.answer,
        "allowed": then.verdict.allowed,
        "reason": str(then.verdict.reason),
        "sentence": sentence(then.verdict.reason),
        "entry": str(then.event.entry.event_id),
        "receipt": then.event.receipt.reference,
    }
