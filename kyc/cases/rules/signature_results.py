"""What follows from the verdict on a signed document.

"Genuine" is about the document. Nothing here says that the holder is the one who sent it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from kyc import names, numbers
from kyc.base.check_outcomes import CheckOutcome
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said
from kyc.signatures import timestamps
from kyc.signatures.ages import age as age_of
from kyc.signatures.result import HOLDS, ContactMatch, Flaw, Signature, Signed

#: Aadhaar may not be accepted unless UIDAI's signature was verified (Aadhaar Regulations as amended on 9 December 2025,
#: reg. 16C): for these, a signer whom nobody pinned is a no. For others it proves nobody (``document_checks.PROVES_NOBODY``):
#: the signer may be one whom two people have yet to pin.
AADHAAR = frozenset({"aadhaar_offline_ekyc", "aadhaar_qr", "eaadhaar_pdf"})
#: What a person has to look at although the signature holds.
DOUBTS = (Flaw.CHANGED_AFTER_SIGNING, Flaw.UNKNOWN_LAYOUT, Flaw.ISSUED_IN_FUTURE)
#: Fields of a person that a caller may declare, by our names.
DECLARED = ("name", "birth", "gender", "pincode", "aadhaar_last4")


def signature(signed: Signed, *, kind: str) -> Said:
    """Whether the document is genuine. An unknown signer is "not verified", never "forged"."""
    evidence: dict[str, str | int] = {"signature": str(signed.signature), "signer": signed.signer_sha256}
    match signed.signature:
        case Signature.VALID:
            doubt = next((flaw for flaw in DOUBTS if flaw in signed.faults), None)
            return Said(CheckOutcome.WARN if doubt else CheckOutcome.PASS, str(doubt or ""), evidence)
        case Signature.KEY_OUTSIDE_VALIDITY:
            return Said(CheckOutcome.WARN, "KEY_OUTSIDE_VALIDITY", evidence)
        case Signature.UNKNOWN_SIGNER:
            outcome = CheckOutcome.FAIL if kind in AADHAAR else CheckOutcome.WARN
            return Said(outcome, "UNKNOWN_SIGNER", evidence)
        case Signature.MISSING:
            reason = Flaw.OLD_UNSIGNED_CODE if Flaw.OLD_UNSIGNED_CODE in signed.faults else "SIGNATURE_MISSING"
            return Said(CheckOutcome.FAIL, str(reason), evidence)
    return Said(CheckOutcome.FAIL, str(signed.faults[0] if signed.faults else "SIGNATURE_INVALID"), evidence)


def contact(signed: Signed) -> Said:
    """The mobile number and e-mail address given, against the hashes that were signed."""
    said = set(signed.contact.values())
    evidence: dict[str, str | int] = {name: str(match) for name, match in signed.contact.items()}
    if ContactMatch.NO_MATCH in said:
        return Said(CheckOutcome.WARN, "CONTACT_DIFFERS", evidence)
    return Said(CheckOutcome.PASS if ContactMatch.MATCH in said else CheckOutcome.NOT_APPLICABLE, "", evidence)


def name(signed: Signed, known: str) -> Said:
    """The signed name against the one we know. Where the signature holds and no name was read, nothing says whose it is:
    a person has to.
    """
    shown = signed.fields.get("name", "")
    if not shown and signed.signature in HOLDS:
        return Said(CheckOutcome.WARN, "NAME_NOT_READ")
    return document_checks.name(shown, known)


def age(signed: Signed, *, at: datetime, adult: int, kind: str = "") -> Said:
    """Whether the holder is of age, by the date of birth that was signed. A year alone may leave it open: a person decides,
    as where the document of a person (``AADHAAR``) holds a date of birth that was not read.

    Only a valid signature makes a child's date of birth a "no" by itself.
    """
    found = age_of(signed.fields.get("birth", ""), at=at)
    if found is None:
        if kind in AADHAAR and signed.signature in HOLDS:
            return Said(CheckOutcome.WARN, "BIRTH_NOT_READ")
        return Said(CheckOutcome.NOT_APPLICABLE, "NO_DATE_OF_BIRTH")
    evidence: dict[str, str | int] = (
        {"age": found.years} if found.years is not None else {"youngest": found.youngest, "oldest": found.oldest}
    )
    is_minor = found.is_under(adult)
    if is_minor is None:
        return Said(CheckOutcome.WARN, "AGE_BY_YEAR_ONLY", evidence)
    if not is_minor:
        return Said(CheckOutcome.PASS, "", evidence)
    is_sure = signed.signature is Signature.VALID
    return Said(CheckOutcome.FAIL if is_sure else CheckOutcome.WARN, "MINOR", evidence)


def issued_lately(signed: Signed, *, at: datetime, days: int) -> Said:
    """How old the file is. UIDAI sets no limit; an old one tells what was true then."""
    if not signed.issued_at:
        return Said(CheckOutcome.NOT_APPLICABLE, "NO_ISSUE_TIME")
    issued_at = datetime.fromisoformat(signed.issued_at)
    evidence: dict[str, str | int] = {"issued_on": issued_at.astimezone(timestamps.IST).date().isoformat()}
    is_old = at - issued_at > timedelta(days=days)
    return Said(CheckOutcome.WARN if is_old else CheckOutcome.PASS, "ISSUED_LONG_AGO" if is_old else "", evidence)


def declared_person(signed: Signed, declared: Mapping[str, str]) -> Said:
    """What was declared against what was signed: names by their rule, the rest word by word. A person judges the others."""
    pairs = {name: (declared.get(name, ""), signed.fields.get(name, "")) for name in DECLARED}
    compared = {name: _is_same(name, a, b) for name, (a, b) in pairs.items() if a and b}
    if not compared:
        return Said(CheckOutcome.NOT_APPLICABLE)
    evidence: dict[str, str | int] = {name: "same" if is_same else "differs" for name, is_same in compared.items()}
    is_same = all(compared.values())
    return Said(CheckOutcome.PASS if is_same else CheckOutcome.WARN, "" if is_same else "DECLARED_DIFFERS", evidence)


def _is_same(field: str, declared: str, found: str) -> bool:
    if field == "name":
        return names.compare(declared, found).decision is names.Decision.AUTO
    return _plain(declared) == _plain(found)


def _plain(text: str) -> str:
    return " ".join(timestamps.birth(text).split() or text.casefold().split())


def masked(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that are shown: no street, no day of birth, no number beyond its last digits."""
    shown = {name: fields.get(name, "") for name in ("name", "gender", "town", "district", "state", "pincode")}
    shown |= {name: fields.get(name, "") for name in ("status", "valid_until", "issuer")}
    birth = fields.get("birth", "")
    shown["birth"] = birth if len(birth) == 4 else f"XX-XX-{birth[:4]}" if birth else ""
    if fields.get("aadhaar_last4"):
        shown["aadhaar"] = f"XXXX XXXX {fields['aadhaar_last4']}"
    if fields.get("mobile_end"):
        shown["mobile"] = f"XXXXXX{fields['mobile_end']}"
    if number := fields.get("number", ""):
        pan = numbers.check("pan", number)
        shown["number"] = pan.display if pan.is_valid else "X" * max(len(number) - 4, 0) + number[-4:]
    return {name: value for name, value in shown.items() if value}
