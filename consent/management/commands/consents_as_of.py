from datetime import datetime
from typing import Any

from django.core.management import CommandError, CommandParser

from consent.records.models.events import ConsentEvent
from consent.records.selectors.history import consents_as_of, standing_of
from consent.records.selectors.subjects import subject_ref_of
from portal.kernel.core import clock
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand, moment


class Command(PortalCommand):
    help = "List what a person had chosen at a time: the latest choice per purpose, channel and address."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("subject", help="a subject reference (UUID) or a customer's reference (OS-CU-...)")
        parser.add_argument("time", help="a time such as 2026-11-25T14:30 (Indian time)")

    def handle(self, *args: Any, subject: str, time: str, **options: Any) -> None:
        """Reads only. A yes whose time was over by then, or whose purpose or text had changed, is shown as expired."""
        at = moment(time)
        if at > clock.now():
            raise CommandError(f"{time} has not come yet. Give a time up to now.", returncode=USAGE)
        found = [_row(event, at) for event in consents_as_of(subject_ref_of(subject), at)]
        if not options["json"]:
            for row in found:
                self.stdout.write(
                    f"{row['purpose']:20} {row['channel']:10} {row['answer']:10} {row['occurred_at']}  {row['receipt']}"
                )
        body = {"subject": str(subject_ref_of(subject)), "at": clock.stamp(at), "consents": found}
        self.answer(body, f"{len(found)} choices at {at.astimezone(clock.IST):%d-%m-%Y %H:%M} IST.", options=options)


def _row(event: ConsentEvent, at: datetime) -> dict[str, Any]:
    return {
        "fiduciary": event.fiduciary.code,
        "purpose": event.purpose,
        "channel": event.channel,
        "answer": standing_of(event, at=at),
        "occurred_at": clock.stamp(event.occurred_at),
        "recorded_at": clock.stamp(event.recorded_at),
        "receipt": event.receipt.reference,
        "entry": str(event.entry.event_id),
        "notice_sha256": event.notice_sha256 or None,
    }
