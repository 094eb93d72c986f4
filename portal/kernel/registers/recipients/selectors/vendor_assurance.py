"""What each recipient's papers say on a day, and what it lacks to get data."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portal.kernel.core import clock
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.people.signin_limits import number
from portal.kernel.registers.base.choices import CountrySays, Lack
from portal.kernel.registers.base.models.dated_entry import not_ended
from portal.kernel.registers.recipients import rules
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.models.vendor_assurance import Contract, CountryRule, RecipientCheck, Transfer
from portal.kernel.registers.senders.selectors.senders import in_force

#: For how many months a check of a recipient counts (house rule), and what holds before any rule was loaded.
REVIEW, UNTIL_LOADED = "registers.recipient_review", 12


def papers_of(codes: Collection[str], *, at: datetime) -> dict[str, rules.Papers]:
    """The papers that hold at ``at`` of each of these recipients, by code. Four queries, however many."""
    wanted = set(codes)
    denied = frozenset(
        in_force(CountryRule.objects.filter(says=CountrySays.DENIED), at=at).values_list("country", flat=True)
    )
    contracts: dict[str, list[rules.ContractTerms]] = {code: [] for code in wanted}
    for paper in in_force(Contract.objects.filter(recipient_code__in=wanted), at=at):
        terms = rules.ContractTerms(paper.kind, frozenset(paper.clauses), paper.signed_on, paper.valid_until)
        contracts[paper.recipient_code].append(terms)
    months = number(REVIEW, now=at, otherwise=UNTIL_LOADED)
    checks: dict[str, rules.CheckTerms] = {}
    # The latest last, so that it is the one that counts.
    for check in in_force(RecipientCheck.objects.filter(recipient_code__in=wanted), at=at).order_by("checked_on", "pk"):
        checks[check.recipient_code] = rules.CheckTerms(
            check.outcome,
            check.sells_nothing,
            check.training_use,
            frozenset(check.allowed_categories),
            add_months(check.checked_on, months),
        )
    transfers: dict[str, list[rules.TransferTerms]] = {code: [] for code in wanted}
    for row in in_force(Transfer.objects.filter(recipient_code__in=wanted), at=at):
        terms_of_it = rules.TransferTerms(row.country, frozenset(row.used_categories), row.valid_until)
        transfers[row.recipient_code].append(terms_of_it)
    return {code: rules.Papers(contracts[code], checks.get(code), transfers[code], denied) for code in wanted}


def lacks_of(recipients: Iterable[Recipient], *, at: datetime) -> dict[str, list[Lack]]:
    """What each recipient lacks at ``at`` for the kinds of data it is entered for, by code."""
    rows = list(recipients)
    found = papers_of([row.code for row in rows], at=at)
    return {
        row.code: _lacks(found[row.code], country=row.country, categories=row.used_categories, at=at) for row in rows
    }


def lacks(code: str, *, categories: Collection[str], at: datetime) -> list[Lack]:
    """What one recipient lacks at ``at`` for these kinds of data. One that does not stand in the book lacks that."""
    row = in_force(Recipient.objects.filter(code=code), at=at).order_by("-starts_at", "-pk").first()
    if row is None:
        return [Lack.NOT_IN_BOOK]
    found = papers_of([code], at=at)[code]
    return _lacks(found, country=row.country, categories={*categories}, at=at)


def _lacks(found: rules.Papers, *, country: str, categories: Collection[str], at: datetime) -> list[Lack]:
    codes = rules.lacks(found, country=country, categories=categories, on=clock.day(at))
    return [Lack(code) for code in codes]


@dataclass(frozen=True)
class Ending:
    """A paper with the last day on which it holds."""

    paper: Contract | Transfer
    last_day: date


def ending(*, until: date, at: datetime) -> list[Ending]:
    """Papers in force whose last day is ``until`` or earlier, the earliest first."""
    found: list[Ending] = []
    for model in (Contract, Transfer):
        rows = model._default_manager.filter(not_ended(at=at), valid_until__lte=until)
        found += [Ending(row, row.valid_until) for row in rows.select_related("owner", "fiduciary") if row.valid_until]
    return sorted(found, key=lambda row: (row.last_day, row.paper.pk))


def words_of(found: Iterable[Lack]) -> str:
    """Lacks as sentences."""
    return " ".join(str(lack.label) for lack in found)


def checks_of(codes: Collection[str], *, at: datetime) -> Mapping[str, RecipientCheck]:
    """The latest check that holds of each, by code. One query."""
    rows = in_force(RecipientCheck.objects.filter(recipient_code__in=set(codes)), at=at)
    return {row.recipient_code: row for row in rows.order_by("checked_on", "pk")}
