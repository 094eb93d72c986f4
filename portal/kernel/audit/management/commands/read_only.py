"""``read_only``: pages read, nothing is taken in or sent, nothing is lost."""

from typing import Any

from django.core.management import CommandParser
from django.db import DatabaseError, transaction

from portal.kernel.audit import services
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock, read_only
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Make the portal read-only, or end that. Pages read; what would change something is answered with 503; workers "
        "send nothing. Stops of messages are taken all the same. Works while the database is down, too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=("on", "off", "status"))
        parser.add_argument("--why", default="maintenance", choices=("maintenance", "incident", "restore"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0. An audit event says so where the database can be written; where not, the switch works all the same."""
        before = read_only.said()
        is_new = False
        if options["what"] == "on":
            is_new = read_only.turn_on(why=options["why"], now=clock.now())
            if is_new:
                self._record(AuditKind.OPERATIONS_READ_ONLY_BEGUN, read_only.said())
        elif options["what"] == "off":
            is_new = read_only.turn_off()
            if is_new:
                self._record(AuditKind.OPERATIONS_READ_ONLY_ENDED, before)
        is_on = read_only.is_on()
        body = {"read_only": is_on, "changed": is_new, **(read_only.said() if is_on else {})}
        line = "The portal is read-only." if is_on else "The portal receives and sends."
        if options["what"] == "off" and is_on:
            line = "READ_ONLY is set in the environment: unset it on every machine and restart. " + line
        self.answer(body, line, options=options)

    def _record(self, kind: AuditKind, said: dict[str, str]) -> None:
        facts = {"reason_code": said.get("why", ""), "since": said.get("since", "")}
        try:
            with transaction.atomic():
                services.record(kind, actor=actor.system("read_only"), about="operations.read_only:1", facts=facts)
        except DatabaseError as error:
            self.stderr.write(f"The audit event could not be written ({type(error).__name__}): write it down by hand.")
