from typing import Any

from django.core.management import CommandParser

from grievances.mail.services import imap_mailbox
from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Fetch the mail that came in (MAIL_IN_URL); with --count also count that each mail became something."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--days", type=int, default=imap_mailbox.FETCH_DAYS, help="how many days back")
        parser.add_argument("--count", action="store_true", help="count the mailbox; exit 1 when a mail is unexplained")

    def handle(self, *args: Any, days: int, count: bool, **options: Any) -> None:
        """Each mail in its own transaction; the same mail again changes nothing. The mailbox itself is only read."""
        now = clock.now()
        if not count:
            found = imap_mailbox.fetch(now=now, days=days)
            body = {"taken": found.taken, "failed": found.failed}
            self.answer(body, f"{found.taken} mails taken, {found.failed} put off.", options=options)
            return
        counted = imap_mailbox.reconcile(now=now, days=days)
        body = {
            "in_mailbox": counted.in_mailbox,
            "tickets": counted.tickets,
            "lines": counted.lines,
            "ignored": counted.ignored,
            "found_now": counted.found_now,
            "unexplained": counted.unexplained,
        }
        said = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in body.items())
        self.answer(body, f"{said}.", options=options)
        if counted.unexplained:
            raise SystemExit(1)
