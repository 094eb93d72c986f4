"""What a recipient lacks before it may get data. Plain values in, codes out; nothing is looked up here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

#: Where we are at home: data that lies here is transferred nowhere.
HOME: Final = "IN"
#: Clauses without which a contract of any kind binds nobody to what policy 6 and 13 promise.
NEEDED: Final = frozenset({"confidentiality", "security"})
#: Beside them, of a contract with a processor (GDPR Art 28(3), DPDP s.8(2) and Rules r.6(1)(f)).
OF_PROCESSORS: Final = frozenset({"instructions", "sub_processors", "breaches", "erasure"})
#: What no tool may learn from, whatever its papers say (policy map 6.4).
NEVER_LEARNED: Final = frozenset({"identity_document", "financial", "message_content", "date_of_birth", "credential"})


@dataclass(frozen=True)
class ContractTerms:
    kind: str
    clauses: frozenset[str]
    signed_on: date
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        """From the day it was signed to its last day, both included."""
        return self.signed_on <= day and (self.valid_until is None or day <= self.valid_until)

    def says_enough(self) -> bool:
        """Whether the clauses are there that its kind needs."""
        needed = NEEDED | OF_PROCESSORS if self.kind == "processing" else NEEDED
        return needed <= self.clauses


@dataclass(frozen=True)
class CheckTerms:
    outcome: str
    sells_nothing: bool
    training_use: str
    allowed: frozenset[str]
    counts_until: date


@dataclass(frozen=True)
class TransferTerms:
    country: str
    categories: frozenset[str]
    valid_until: date | None = None


@dataclass(frozen=True)
class Papers:
    """What two people have agreed to about one recipient, and what laws say about its country."""

    contracts: Sequence[ContractTerms] = ()
    check: CheckTerms | None = None
    transfers: Sequence[TransferTerms] = ()
    denied_countries: frozenset[str] = frozenset()


def lacks(papers: Papers, *, country: str, categories: Collection[str], on: date) -> list[str]:
    """Codes of what is missing on that day, in a fixed order; empty when the recipient may get these kinds of data."""
    found = _contract(papers.contracts, on)
    found += _check(papers.check, frozenset(categories), on)
    if country in papers.denied_countries:
        found.append("COUNTRY_DENIED")
    if country != HOME:
        found += _transfer(papers.transfers, country, frozenset(categories), on)
    return found


def _contract(contracts: Sequence[ContractTerms], on: date) -> list[str]:
    if not contracts:
        return ["NO_CONTRACT"]
    holding = [each for each in contracts if each.holds_on(on)]
    if not holding:
        return ["CONTRACT_ENDED"]
    return [] if any(each.says_enough() for each in holding) else ["CLAUSES_MISSING"]


def _check(check: CheckTerms | None, categories: frozenset[str], on: date) -> list[str]:
    if check is None:
        return ["NO_CHECK"]
    found = []
    if check.counts_until < on:
        found.append("CHECK_OLD")
    if check.outcome == "unfit":
        found.append("CHECK_UNFIT")
    if not check.sells_nothing:
        found.append("SALE_NOT_EXCLUDED")
    if not categories <= check.allowed:
        found.append("CATEGORY_NOT_ALLOWED")
    if check.training_use != "none" and categories & NEVER_LEARNED:
        found.append("WOULD_BE_LEARNED")
    return found


def _transfer(transfers: Sequence[TransferTerms], country: str, categories: frozenset[str], on: date) -> list[str]:
    there = [each for each in transfers if each.country == country]
    if not there:
        return ["NO_TRANSFER"]
    holding = [each for each in there if each.valid_until is None or on <= each.valid_until]
    if not holding:
        return ["TRANSFER_ENDED"]
    covered: frozenset[str] = frozenset().union(*(each.categories for each in holding))
    return [] if categories <= covered else ["TRANSFER_TOO_NARROW"]
