from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management import CommandError, CommandParser

from portal.kernel.core.command_line import REFUSED, UNDECIDED, USAGE
from portal.kernel.core.commands import PortalCommand, day, moment
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors
from portal.kernel.law.date_arithmetic import INDIA, zone_named
from portal.kernel.law.models import LegalRule
from portal.kernel.law.services import due_dates
from portal.kernel.law.terms import CannotCount, Deadline, UnknownZone


class Command(PortalCommand):
    help = "Work out the date that a rule of law gives for an event, with the date to work to and the latest reading."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("rule", metavar="RULE_KEY", help="for example EU-12-1M, IN-SPDI-GRV, IN-CERT-6H")
        parser.add_argument("start", metavar="START", help="2026-11-24, or 2026-11-27T23:40+05:30")
        parser.add_argument("--zone", default=INDIA, help="the person's time zone (default Asia/Kolkata)")

    def handle(self, *args: Any, rule: str, start: str, zone: str, **options: Any) -> None:
        """Exit 0 with the dates, 1 when the rule is not in force on that day, 2 usage, 3 when it gives no date."""
        began = self._moment(start, zone)
        found = self._rule(rule, began)
        counted = found
        if found.same_as:
            counted = self._rule(found.same_as, began)
        try:
            dates = due_dates.dates_of(counted, began, zone)
        except CannotCount as error:
            raise CommandError(
                f"{rule} gives no date: {found.counting_words}. Read it with its source: {found.source}.",
                returncode=UNDECIDED,
            ) from error
        body = {
            "rule": rule,
            "due": _shown(dates, dates.due, dates.due_on, with_time=dates.counts_time),
            "target": _shown(dates, dates.target, dates.target_on, with_time=dates.target_has_time),
            "outer_limit": _shown(dates, dates.outer_limit, dates.outer_on, with_time=dates.counts_time),
            "counting": counted.counting_words,
            "source": found.source,
            "confidence": found.confidence,
        }
        doubt = "" if found.is_confirmed else " (unconfirmed)"
        line = f"{rule}: due {body['due']}, work to {body['target']}, latest reading {body['outer_limit']}{doubt}."
        known = found.get_confidence_display() or "not given"
        line += f"\nCounted: {counted.counting_words}.\nSource: {found.source}.\nHow well it is known: {known}."
        self.answer(body, line, options=options)

    def _moment(self, text: str, zone: str) -> datetime | date:
        try:
            place = zone_named(zone)
        except UnknownZone as error:
            said = f"{zone} is not a time zone. Give one such as Europe/Berlin."
            raise CommandError(said, returncode=USAGE) from error
        text = text.replace(" ", "T", 1)
        return moment(text, zone=place) if "T" in text else day(text)

    def _rule(self, key: str, began: datetime | date) -> LegalRule:
        last = LegalRule.objects.newest().filter(key=key).first()
        if last is None:
            raise CommandError(
                f"There is no rule {key}. Run sync_rules, or look for it in the admin.", returncode=USAGE
            )
        try:
            return selectors.legal_rule(key, on=due_dates.legal_day(last, began))
        except selectors.NotInForce as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        except NotFound as error:
            raise CommandError(str(error), returncode=USAGE) from error


def _shown(dates: Deadline, moment: datetime, day: date, *, with_time: bool) -> str:
    return moment.astimezone(ZoneInfo(dates.zone)).isoformat() if with_time else day.isoformat()
