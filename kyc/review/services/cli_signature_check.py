"""A signed document that is not in the database: for the command line. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kyc.base.check_outcomes import CheckOutcome, Severity
from kyc.cases import check_plans
from kyc.cases.rules import signature_results
from kyc.cases.rules.document_checks import Said
from kyc.review.inspection import inspect
from kyc.review.services import signed_documents
from kyc.review.services.cli_document_check import REFUSED, answer, line, worst
from kyc.signatures.ages import age
from kyc.signatures.keys import Key
from kyc.signatures.result import Signature, Signed
from portal.kernel.vault.inspection import file_types
from portal.kernel.vault.inspection.result import Fault

#: What the safety of the file has to say although its signature could be read. The rest was said while reading.
UNSAFE = frozenset(Fault) - {Fault.AADHAAR_NUMBER, Fault.ENCRYPTED, Fault.CORRUPT}
_INSPECTED = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG")


@dataclass(frozen=True)
class Given:
    """What the document is held against, and the two rules that judge it."""

    at: datetime
    adult_age: int
    lately_days: int
    mobile: str = ""
    email: str = ""
    share_code: str = field(default="", repr=False)
    declared: Mapping[str, str] = field(default_factory=dict)


def verify(data: bytes, *, kind: str, extension: str, keys: Sequence[Key], given: Given) -> dict[str, Any]:
    """The answer of ``verify_document`` for the kinds that a signature proves."""
    signed = signed_documents.read(
        data,
        kind=kind,
        keys=keys,
        now=given.at,
        mobile=given.mobile,
        email=given.email,
        share_code=given.share_code,
    )
    fault = signed.refused or _unsafe(data, extension)
    safety = Said(CheckOutcome.FAIL if fault else CheckOutcome.PASS, fault)
    lines = [line("file_safety", safety, Severity.BLOCKING)]
    if fault:
        return answer(REFUSED, fault, {}, lines)
    said = {
        "signature": signature_results.signature(signed, kind=kind),
        "contact": signature_results.contact(signed),
        "declared_person": signature_results.declared_person(signed, given.declared),
        "age": signature_results.age(signed, at=given.at, adult=given.adult_age),
        "issued_lately": signature_results.issued_lately(signed, at=given.at, days=given.lately_days),
    }
    lines += [line(one.name, said[one.name], one.severity) for one in check_plans.signed_checks() if one.name in said]
    decides = worst(lines)
    return {
        **answer(decides["outcome"], decides["reason"], signature_results.masked(signed.fields), lines),
        **_proof(signed, given),
    }


def _proof(signed: Signed, given: Given) -> dict[str, Any]:
    is_known = signed.signature in {Signature.VALID, Signature.KEY_OUTSIDE_VALIDITY}
    found = age(signed.fields.get("birth", ""), at=given.at) if is_known else None
    return {
        "signature": str(signed.signature),
        "signer_sha256": signed.signer_sha256 or None,
        "issued_at": signed.issued_at or None,
        "layout": signed.layout or None,
        "contact": {name: str(match) for name, match in signed.contact.items()},
        "age": found.years if found else None,
    }


def _unsafe(data: bytes, extension: str) -> str:
    """The fault of a picture or PDF that signs well and would still do harm."""
    if not data.startswith(_INSPECTED) or (file_types.begins_as_pdf(data) and b"/Encrypt" in data):
        return ""
    verdict, _kept = inspect(data, extension=extension)
    return str(verdict.fault) if verdict.fault in UNSAFE else ""
