"""The checks on a document after its file was judged. Plain values in, an outcome and a reason out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from kyc import names, numbers
from kyc.base.check_outcomes import CheckOutcome, Severity, TextMatch
from kyc.names import Decision
from kyc.numbers import Outcome, comparison
from kyc.numbers.comparison import Compared

#: A PAN's holder that fits an individual. An organisation may be any other, and a sole proprietor is a person too.
PERSON = "P"


@dataclass(frozen=True)
class Said:
    """What one check says. ``evidence`` holds masked values only."""

    outcome: CheckOutcome
    reason: str = ""
    evidence: dict[str, str | int] = field(default_factory=dict)
    #: Of the certificate that a signature was verified with.
    key_sha256: str = ""
    #: Of everything that it looked at; kept sealed only.
    seen_sha256: str = ""


def number(number_type: str, value: str) -> Said:
    """Form and check digit of the number that was typed."""
    found = numbers.check(number_type, value)
    outcome = {
        Outcome.PASS: CheckOutcome.PASS,
        Outcome.WARN: CheckOutcome.WARN,
        Outcome.FAIL: CheckOutcome.FAIL,
    }[found.outcome]
    return Said(outcome, str(found.reason or ""), {"number": found.display})


def holder(pan: str, *, is_individual: bool) -> Said:
    """The fourth letter of the PAN against the kind of customer."""
    found = numbers.check("pan", pan)
    if not found.is_valid:
        return Said(CheckOutcome.NOT_APPLICABLE)
    letter = found.details["holder"]
    evidence: dict[str, str | int] = {"holder": letter}
    if is_individual and letter != PERSON:
        return Said(CheckOutcome.WARN, "HOLDER_IS_NO_PERSON", evidence)
    if not is_individual and letter == PERSON:
        return Said(CheckOutcome.WARN, "HOLDER_IS_A_PERSON", evidence)
    return Said(CheckOutcome.PASS, "", evidence)


def declared_number(match: TextMatch) -> Said:
    """The typed number against the document's own text. A picture is not read by machine: a person compares."""
    if match is TextMatch.MATCH:
        return Said(CheckOutcome.PASS)
    if match is TextMatch.OTHER:
        return Said(CheckOutcome.WARN, "NUMBER_DIFFERS")
    return Said(CheckOutcome.NOT_APPLICABLE, "NOT_READ")


#: Which difference is named first, by the value it is about.
PICTURE_DIFFERS = {
    "number": "PICTURE_NUMBER_DIFFERS",
    "born_on": "PICTURE_DAY_DIFFERS",
    "expires_on": "PICTURE_DAY_DIFFERS",
}


def picture_text(found: Mapping[str, TextMatch]) -> Said:
    """What a machine read in the pictures against what was typed, value by value. A hint: it never says no."""
    evidence: dict[str, str | int] = {name: str(match) for name, match in found.items()}
    for name, reason in PICTURE_DIFFERS.items():
        if found.get(name) is TextMatch.OTHER:
            return Said(CheckOutcome.WARN, reason, evidence)
    if TextMatch.MATCH in found.values():
        return Said(CheckOutcome.PASS, "", evidence)
    return Said(CheckOutcome.NOT_APPLICABLE, "NOT_READ", evidence)


def match_in_text(value: str, *, found: Iterable[str]) -> TextMatch:
    """Whether the numbers read in the text hold the typed one. Nothing of its type was read: nothing is said."""
    read = list(found)
    if not read:
        return TextMatch.NOT_READ
    return TextMatch.MATCH if value in read else TextMatch.OTHER


def gstin_contains_pan(gstin: str | None, pan: str | None) -> Said:
    """The PAN inside the GST number against the PAN of the customer."""
    if gstin is None or pan is None:
        return Said(CheckOutcome.NOT_APPLICABLE, "OTHER_DOCUMENT_MISSING")
    contains = numbers.gstin_contains(gstin, pan)
    if contains is None:
        return Said(CheckOutcome.WARN, "GSTIN_HOLDS_NO_PAN")
    return Said(CheckOutcome.PASS) if contains else Said(CheckOutcome.FAIL, "PAN_DIFFERS")


def name(shown: str, known: str) -> Said:
    """The name that the document shows against the name of its customer or party. Neither is in the evidence."""
    if not shown or not known:
        return Said(CheckOutcome.NOT_APPLICABLE, "NAME_NOT_GIVEN")
    found = names.compare(shown, known)
    evidence: dict[str, str | int] = {
        "decision": str(found.decision),
        "why": " ".join(found.why),
        "tables": names.version(),
    }
    if found.decision is Decision.AUTO:
        return Said(CheckOutcome.PASS, "", evidence)
    return Said(CheckOutcome.WARN, f"NAME_{found.why[0]}", evidence)


def fits_type(customer_type: str, number_type: str, value: str) -> Said:
    """The number against the type in law that the customer says it has. A person looks at a difference."""
    return _compared(comparison.kind_fits_numbers(customer_type, {number_type: value}))


def states_agree(values: Mapping[str, str]) -> Said:
    """The states that the customer's numbers name, by type of number. Work in another state is no fault: a hint."""
    return _compared(comparison.states_agree(values))


def _compared(found: Compared) -> Said:
    if found.fits is None:
        return Said(CheckOutcome.NOT_APPLICABLE, found.reason, dict(found.evidence))
    return Said(CheckOutcome.PASS if found.fits else CheckOutcome.WARN, found.reason, dict(found.evidence))


def duplicate(others: int) -> Said:
    """The same number at other customers. A person may have two accounts, so somebody looks."""
    if others:
        return Said(CheckOutcome.WARN, "USED_BY_ANOTHER_CUSTOMER", {"customers": others})
    return Said(CheckOutcome.PASS)


def expiry(expires_on: date | None, *, today: date) -> Said:
    """A document is valid through its last day."""
    if expires_on is None:
        return Said(CheckOutcome.NOT_APPLICABLE, "NO_EXPIRY")
    if expires_on < today:
        return Said(CheckOutcome.FAIL, "EXPIRED", {"expires_on": expires_on.isoformat()})
    return Said(CheckOutcome.PASS, "", {"expires_on": expires_on.isoformat()})


#: Nothing that a machine said settles these: whoever approves says that they looked at it, and how.
MUST_BE_ANSWERED = frozenset(
    {
        "AGE_BY_YEAR_ONLY",
        "HOLDER_DIFFERS",
        "HOLDER_IS_NO_PERSON",
        "KEY_OUTSIDE_VALIDITY",
        "MINOR",
    }
)
#: A genuine document that does not say whose it is, or one that nobody whom we trust has signed: anybody can sign
#: anything. Of such a file only what was read is kept: nobody can look, so nobody may approve.
PROVES_NOBODY = frozenset({"BIRTH_NOT_READ", "NAME_NOT_READ", "UNKNOWN_SIGNER"})


def must_be_answered(outcome: str, reason: str) -> bool:
    """Whether a check asks something of the person who approves."""
    return outcome == CheckOutcome.WARN and reason in MUST_BE_ANSWERED


def ifsc(value: str) -> Said:
    """The branch of the account. One that our list lacks may be new: a person looks."""
    found = numbers.check("ifsc", value) if value else None
    if found is None:
        return Said(CheckOutcome.NOT_APPLICABLE, "NOT_GIVEN")
    evidence: dict[str, str | int] = {key: found.details[key] for key in ("bank", "bank_name") if key in found.details}
    evidence |= {"list_of": found.details["list_of"]} if "list_of" in found.details else {}
    return Said(CheckOutcome(found.outcome.value), str(found.reason or ""), evidence)


def tan(value: str, name: str) -> Said:
    """The tax deduction number, whose fourth letter is the first of the deductor's name. Names change: a hint."""
    found = numbers.check("tan", value) if value else None
    if found is None:
        return Said(CheckOutcome.NOT_APPLICABLE, "NOT_GIVEN")
    if not found.is_valid:
        return Said(CheckOutcome.FAIL, str(found.reason or ""))
    fits = not name.strip() or name.strip()[0].upper() == found.details["initial"]
    return Said(CheckOutcome.PASS if fits else CheckOutcome.WARN, "" if fits else "INITIAL_DIFFERS")


def register_fits_pan(number_type: str, number: str, pan: str) -> Said:
    """A company's or an LLP's number in its register against the PAN on its card."""
    fits = {"cin": comparison.cin_fits_pan, "llpin": comparison.llpin_fits_pan}[number_type]
    return _compared(fits(number, pan) if pan else comparison.NOTHING_TO_COMPARE)


#: Checks that compare two documents: what they say changes when the other one does.
TOGETHER = frozenset({"gstin_contains_pan", "register_fits_pan", "states_agree"})


def stands_against_approval(outcome: str, severity: str) -> bool:
    """Whether a check forbids an approval: a blocking one that failed or has not been able to run."""
    return severity == Severity.BLOCKING and outcome in {CheckOutcome.FAIL, CheckOutcome.UNAVAILABLE}


def need_state(documents: Mapping[str, tuple[str, bool]]) -> tuple[str, str]:
    """How one need stands, by the documents any of which would do: kind to (state, whether it was sent).

    Returns the kind that decides and "approved", "with_us", "rejected" or "customer". The best of them counts: who sends
    a passport after a refused licence has shown who they are. "misfit" is a document that does not fit another one.
    """
    stands = {kind: _stands(state, is_sent=is_sent) for kind, (state, is_sent) in documents.items()}
    for said in ("approved", "with_us", "customer", "rejected"):
        for kind, one in stands.items():
            if one == said:
                return kind, said
    return "", "customer"


def _stands(state: str, *, is_sent: bool) -> str:
    if state in {"approved", "rejected"}:
        return state
    return "with_us" if is_sent and state in {"received", "stalled", "checked"} else "customer"


def counted(state: str, *, is_optional: bool, is_new: bool = False) -> str:
    """What a need does to its case.

    One that nobody asks for keeps it waiting for nobody, takes no approval back, and rejects nothing: whoever was asked
    for it is as good without. One of somebody who came after the approval (``is_new``) keeps the approval for its days,
    unless it is rejected.
    """
    if is_optional or (is_new and state in {"customer", "with_us"}):
        return "approved"
    return state


def case_target(needs: Iterable[str]) -> str:
    """The state of a case, from how each of its needs stands.

    One rejected need rejects the case; all approved approve it; all with us put it with us; else it is the customer's
    turn, as it is where nothing can be asked for because nobody has said yet what the customer is.
    """
    states = set(needs)
    if "rejected" in states:
        return "rejected"
    if states == {"approved"}:
        return "approved"
    return "in_review" if states and states <= {"approved", "with_us"} else "open"
