"""The reasons of ``kyc/data/renewals.toml``, and what of a case is due again because of them."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from kyc.base.choices import DocumentState, RenewalReason, Risk
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.renewals import Renewal
from kyc.cases.document_requirements import Requirements
from portal.kernel.core.clock import IST, day
from portal.kernel.core.data_files import data_of
from portal.kernel.law.selectors import NotInForce, house_rule
from portal.kernel.law.services.due_dates import dates_of

FILE = data_of("kyc") / "renewals.toml"
AFTER = "kyc.rekyc_after"
WITHIN = "kyc.renewal_within"
#: By the risk of the customer; one that nobody has rated counts as high.
PERIODS = {
    Risk.LOW: "kyc.rekyc_low",
    Risk.MEDIUM: "kyc.rekyc_medium",
    Risk.HIGH: "kyc.rekyc_high",
    "": "kyc.rekyc_high",
}


@dataclass(frozen=True)
class RenewalRule:
    """``needs``: what is shown anew, empty for everything; ``within`` and ``notices`` are keys of house rules."""

    needs: frozenset[str]
    within: str
    notices: str


@dataclass(frozen=True)
class Table:
    """What follows from each reason, in force from its day until the next one's."""

    effective_from: date
    reasons: Mapping[str, RenewalRule]


@cache
def tables() -> tuple[Table, ...]:
    """Every table of the file, the earliest first."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["table"]
    found = (
        Table(
            row["effective_from"],
            {
                reason: RenewalRule(frozenset(one["needs"]), one["within"], one["notices"])
                for reason, one in row["reasons"].items()
            },
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda table: table.effective_from))


def rule_of(reason: str, *, on: date) -> RenewalRule:
    """What follows from a reason, by the table in force on that day. Raises NotInForce before the first table's day."""
    begun = [table for table in tables() if table.effective_from <= on]
    if not begun:
        raise NotInForce(f"No reasons for a renewal are in force on {on}.")
    return begun[-1].reasons[str(reason)]


def looks_at_all(renewal: Renewal) -> bool:
    """Whether who was looked at for it was looked at as a whole: then the time to the next look begins anew."""
    return renewal.reason != RenewalReason.DOCUMENT_ENDS and not _rule(renewal).needs


def _rule(renewal: Renewal) -> RenewalRule:
    """In force on the day that the renewal counts from: a newer table does not change what it asks for."""
    return rule_of(renewal.reason, on=day(renewal.opened_at))


def period_ends(verified_at: datetime, risk: str, *, on: date) -> date:
    """The day on which KYC is due again: so long after the last look at everything, by the risk of the customer."""
    return dates_of(house_rule(PERIODS[Risk(risk) if risk else ""], on=on), verified_at, str(IST)).due_on


def soonest(*, now: datetime) -> date:
    """The day that is due at the earliest where something that changed brings the next look forward."""
    return dates_of(house_rule(WITHIN, on=day(now)), now, str(IST)).due_on


def notice_days(reason: str, *, on: date) -> list[int]:
    """The days of the notices, counted from the due day: those before it are negative. In order."""
    before, after = house_rule(rule_of(reason, on=on).notices, on=on), house_rule(AFTER, on=on)
    return sorted([*(-int(days) for days in before.values), *(int(days) for days in after.values)])


def opens_on(reason: str, due_on: date, *, on: date) -> date:
    """The day of the first notice: from then on it may be renewed."""
    return due_on + timedelta(days=notice_days(reason, on=on)[0])


@dataclass(frozen=True)
class Due:
    """One reason why documents are due again. ``needs`` is None for everything."""

    since: datetime
    needs: Collection[str] | None
    document: int | None = None

    def covers(self, document: Document, need: str) -> bool:
        if self.document is not None:
            return document.pk == self.document
        is_older = (document.sent_at or document.uploaded_at) < self.since
        return is_older and (self.needs is None or need in self.needs)


@dataclass(frozen=True)
class DueAgain:
    """Everything that is due again in a case."""

    reasons: tuple[Due, ...] = ()

    def covers(self, document: Document, need: str) -> bool:
        """Whether an approved document is to be shown anew."""
        is_approved = document.state == DocumentState.APPROVED
        return is_approved and any(one.covers(document, need) for one in self.reasons)


def due_again(case: Case, wanted: Requirements, *, now: datetime) -> DueAgain:
    """What is due by the open renewals; from the day of re-KYC on everything of before, whether the sweep came or not."""
    if case.pk is None:
        return DueAgain()
    found = tuple(_due(renewal, wanted) for renewal in Renewal.objects.filter(case=case.pk, closed_at=None))
    if not found and case.rekyc_on is not None and case.rekyc_on <= day(now):
        return DueAgain((Due(datetime.combine(case.rekyc_on, time(), tzinfo=IST), None),))
    return DueAgain(found)


def _due(renewal: Renewal, wanted: Requirements) -> Due:
    asked = {need.name for need in wanted.every_need} & _rule(renewal).needs
    return Due(renewal.opened_at, asked or None, renewal.document_id)
