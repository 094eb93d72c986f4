"""What people said, and what was sent against it."""

from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer
from consent.decisions.models.post_opt_out_sends import SendAfterWithdrawal
from consent.records.models.events import ConsentEvent
from consent.records.models.suppressions import Suppression
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports.tables import Cell, Table, by_choice, choices_of, counted, within
from portal.kernel.law.labels import names_of_purposes


def movements(period: Period) -> list[Table]:
    """Answers that were recorded in the period, by purpose, channel and way."""
    said = ConsentEvent.objects.filter(**within(period, "recorded_at"))
    answers = [label for _value, label in Answer.choices]
    names, by_purpose, by_channel = (
        names_of_purposes(),
        counted(said, "purpose", "answer"),
        counted(said, "channel", "answer"),
    )
    purposes = sorted({purpose for purpose, _answer in by_purpose})
    channels = choices_of(ConsentEvent, "channel")
    stopped = Suppression.objects.filter(**within(period, "recorded_at"))
    found = SendAfterWithdrawal.objects.filter(**within(period, "found_at"))
    watched: list[list[Cell]] = [
        [str(_("Stops at an address, for each purpose and channel")), stopped.count()],
        [str(_("Undone at once")), stopped.filter(lift__isnull=False).count()],
        [str(_("Messages sent after an opt-out")), found.count()],
    ]
    findings = counted(found, "finding")
    return [
        Table(
            _("By purpose"),
            (_("Purpose"), *answers),
            [[names.get(one, one), *_answers(by_purpose, one)] for one in purposes],
        ),
        Table(
            _("By channel"),
            (_("Channel"), *answers),
            [[str(label), *_answers(by_channel, str(value))] for value, label in channels],
        ),
        Table(
            _("By way"),
            (_("Way"), _("Answers")),
            by_choice(ConsentEvent, "way", counted(said, "way")),
        ),
        Table(_("Stops"), (_("What"), _("Number")), watched),
        Table(
            _("What was found out about those messages"),
            (_("Finding"), _("Messages")),
            [
                *by_choice(SendAfterWithdrawal, "finding", findings),
                [str(_("Not investigated yet")), findings.get("", 0)],
            ],
        ),
    ]


def _answers(found: dict[tuple[str, str], int], first: str) -> list[int]:
    return [found.get((first, str(answer)), 0) for answer in Answer]
