"""Numbers against each other, and against the kind of customer who shows them.

Each answer is a hint or a contradiction with its reason; what follows from it the plan of checks says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kyc.numbers.company import check_cin, check_llpin, check_udyam
from kyc.numbers.person import check_pin
from kyc.numbers.state_codes import CIRCLES, UDYAM_LETTERS, today_called
from kyc.numbers.tax import UNSURE_HOLDERS, check_gstin, check_pan


@dataclass(frozen=True)
class Compared:
    """Whether two things fit: True, False, or None where nothing can be said. ``evidence`` holds no number."""

    fits: bool | None
    reason: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


NOTHING_TO_COMPARE: Final = Compared(None, "NOTHING_TO_COMPARE")

#: The fourth letter of the PAN that each kind of customer has. A customer from abroad may have any.
HOLDERS_OF: Final[Mapping[str, str]] = {
    "individual": "P",
    "proprietor": "P",
    "partnership": "F",
    "llp": "F",
    "company": "C",
    "trust": "TKAB",
    "society": "ABTJ",
    "government": "GLJ",
}
#: Numbers that only one kind of customer can have.
ONLY_OF: Final[Mapping[str, str]] = {"cin": "company", "llpin": "llp"}


def gstin_contains(gstin: str, pan: str) -> bool | None:
    """Whether a GST number holds this PAN. None when it can hold none (TDS by TAN, foreign registrations) or is wrong."""
    outer, inner = check_gstin(gstin), check_pan(pan)
    if not outer.is_valid or not inner.is_valid or "pan" not in outer.details:
        return None
    return outer.details["pan"] == inner.normal


def cin_fits_pan(cin: str, pan: str) -> Compared:
    """A company's PAN has C for its fourth letter, of whatever class the company is."""
    return _register_fits_pan(is_valid=check_cin(cin).is_valid, kind="company", pan=pan)


def llpin_fits_pan(llpin: str, pan: str) -> Compared:
    """A limited liability partnership's PAN has F; some registers list E, so nothing is said of that."""
    return _register_fits_pan(is_valid=check_llpin(llpin).is_valid, kind="llp", pan=pan)


def _register_fits_pan(*, is_valid: bool, kind: str, pan: str) -> Compared:
    return kind_fits_numbers(kind, {"pan": pan}) if is_valid else NOTHING_TO_COMPARE


def kind_fits_numbers(kind: str, numbers: Mapping[str, str]) -> Compared:
    """The kind of customer against its own numbers, by type (``pan``, ``gstin``, ``cin``, ``llpin``); the first misfit.

    A number that is wrong in itself says nothing here. Reasons: NOT_OF_THIS_KIND for a register's number of another
    kind of customer, HOLDER_DIFFERS for a PAN (alone or inside a GST number) of another holder.
    """
    for number_type, only in ONLY_OF.items():
        if numbers.get(number_type) and kind != only:
            return Compared(False, "NOT_OF_THIS_KIND", {"number": number_type, "kind": kind})
    said = NOTHING_TO_COMPARE
    for number_type, check in (("pan", check_pan), ("gstin", check_gstin)):
        found = check(numbers.get(number_type, ""))
        holder = found.details.get("holder", "") if found.is_valid else ""
        if not holder or kind not in HOLDERS_OF:
            continue
        evidence = {"number": number_type, "holder": holder, "kind": kind}
        if holder in UNSURE_HOLDERS and kind == "llp":
            said = Compared(None, "HOLDER_UNSURE", evidence)
        elif holder not in HOLDERS_OF[kind]:
            return Compared(False, "HOLDER_DIFFERS", evidence)
        elif said is NOTHING_TO_COMPARE:
            said = Compared(True, "", evidence)
    return said


def states_named(number_type: str, number: str) -> frozenset[str]:
    """The states a number may be of, by present GST codes; none where it names none or is wrong."""
    if number_type == "gstin":
        code = today_called(check_gstin(number).details.get("state_code", ""))
        return frozenset({code} - {""})
    if number_type == "pin":
        found = check_pin(number)
        return CIRCLES.get(found.normal[:2], frozenset())
    check = {"cin": check_cin, "udyam": check_udyam}.get(number_type)
    letters = check(number).details.get("state", "") if check else ""
    # A CIN with letters of Udyam numbers alone has failed its own check, so one table serves both.
    return frozenset({UDYAM_LETTERS[letters]} if letters else ())


def states_agree(numbers: Mapping[str, str]) -> Compared:
    """The states that a GST number, a CIN, a Udyam number and the address's PIN code name (``gstin cin udyam pin``).

    A company may be registered in one state and work in another, and PIN codes cross borders: a difference is a hint.
    The evidence holds the state codes by type of number.
    """
    named = {number_type: states_named(number_type, number) for number_type, number in numbers.items()}
    named = {number_type: states for number_type, states in named.items() if states}
    if len(named) < 2:
        return NOTHING_TO_COMPARE
    evidence = {number_type: " ".join(sorted(states)) for number_type, states in named.items()}
    fits = bool(frozenset.intersection(*named.values()))
    return Compared(fits, "" if fits else "STATES_DIFFER", evidence)
