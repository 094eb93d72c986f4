"""What a recipient lacks: every paper alone, and all of them together."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.registers.recipients.rules import (
    NEEDED,
    OF_PROCESSORS,
    CheckTerms,
    ContractTerms,
    Papers,
    TransferTerms,
    lacks,
)

DAY = date(2026, 12, 1)
CONTRACT = ContractTerms("processing", NEEDED | OF_PROCESSORS, date(2026, 1, 1), date(2026, 12, 31))
CHECK = CheckTerms(
    "fit", sells_nothing=True, training_use="none", allowed=frozenset({"name", "contact"}), counts_until=DAY
)
TRANSFER = TransferTerms("SG", frozenset({"name", "contact"}), date(2026, 12, 31))
WHOLE = Papers((CONTRACT,), CHECK, (TRANSFER,))


def found(papers=WHOLE, *, country="SG", categories=("name",), on=DAY):
    return lacks(papers, country=country, categories=categories, on=on)


def test_with_every_paper_nothing_is_lacking_at_home_and_abroad():
    assert found() == []
    assert found(country="IN") == []


def changed(**changes):
    kept = {"contracts": WHOLE.contracts, "check": WHOLE.check, "transfers": WHOLE.transfers}
    return Papers(**{**kept, **changes})


@pytest.mark.parametrize(
    ("papers", "code"),
    [
        (changed(contracts=()), "NO_CONTRACT"),
        (changed(contracts=(ContractTerms("processing", NEEDED | OF_PROCESSORS, DAY, DAY),)), None),
        (
            changed(
                contracts=(ContractTerms("processing", NEEDED | OF_PROCESSORS, date(2026, 1, 1), date(2026, 11, 30)),)
            ),
            "CONTRACT_ENDED",
        ),
        (changed(contracts=(ContractTerms("processing", NEEDED, date(2026, 1, 1)),)), "CLAUSES_MISSING"),
        (changed(contracts=(ContractTerms("carriage", NEEDED, date(2026, 1, 1)),)), None),
        (changed(check=None), "NO_CHECK"),
        (changed(transfers=()), "NO_TRANSFER"),
        (changed(transfers=(TransferTerms("US", frozenset({"name"})),)), "NO_TRANSFER"),
        (changed(transfers=(TransferTerms("SG", frozenset({"name"}), date(2026, 11, 30)),)), "TRANSFER_ENDED"),
        (changed(transfers=(TransferTerms("SG", frozenset({"contact"})),)), "TRANSFER_TOO_NARROW"),
        (changed(denied_countries=frozenset({"SG"})), "COUNTRY_DENIED"),
    ],
)
def test_each_paper_that_is_missing_is_named(papers, code):
    assert found(papers) == ([code] if code else [])


def test_the_last_day_of_a_paper_counts_and_the_day_after_does_not():
    assert (
        found(
            on=date(2026, 12, 31),
            papers=changed(check=CheckTerms("fit", True, "none", CHECK.allowed, date(2027, 1, 1))),
        )
        == []
    )
    assert found(on=date(2027, 1, 1)) == ["CONTRACT_ENDED", "CHECK_OLD", "TRANSFER_ENDED"]


def test_no_tool_that_learns_gets_papers_or_contents_whatever_was_agreed():
    learns = CheckTerms("fit", True, "own", frozenset({"identity_document", "name"}), DAY)
    assert found(changed(check=learns), country="IN", categories=["name"]) == []
    assert found(changed(check=learns), country="IN", categories=["identity_document"]) == ["WOULD_BE_LEARNED"]


@given(
    st.frozensets(st.sampled_from(["name", "contact", "device", "financial"])),
    st.frozensets(st.sampled_from(["name", "contact", "device", "financial"])),
)
def test_asking_for_more_kinds_of_data_never_lacks_less(some, more):
    """A law: the answer for a set of kinds holds for every set inside it."""
    if not found(categories=some | more):
        assert not found(categories=some)
