"""The check plan on a file that is not in the database: for the command line. Writes nothing."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from kyc import numbers
from kyc.base.check_outcomes import CheckOutcome, Severity, TextMatch
from kyc.cases import check_plans
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said
from kyc.review.inspection import inspect
from portal.kernel.vault.inspection.result import Verdict

#: Only the safety of the file.
SAFETY_ONLY = "upload"
REFUSED = "REFUSED"


def verify(
    data: bytes, *, document_type: str, extension: str, declared: Mapping[str, str], today: date
) -> dict[str, Any]:
    """The answer of ``verify_document``: outcome, reason, masked fields, and each check with its severity.

    ``declared`` may hold ``pan``, ``gstin``, ``valid_until`` (ISO date) and ``customer_kind``. A number that is not
    declared is taken from the document's own text, where it can be read.
    """
    verdict, _kept = inspect(data, extension=extension)
    fault = str(verdict.fault) if verdict.fault else ""
    safety = Said(CheckOutcome.FAIL if fault else CheckOutcome.PASS, fault, _seen(verdict))
    checks = [line("file_safety", safety, Severity.BLOCKING)]
    if fault:
        return answer(REFUSED, fault, {}, checks)
    if document_type == SAFETY_ONLY:
        return answer(str(CheckOutcome.PASS), None, {}, checks)
    given = _Given(document_type, verdict, declared)
    checks += [
        line(planned.name, given.steps[planned.name](today), planned.severity)
        for planned in check_plans.checks_for(document_type)
        if planned.name in given.steps
    ]
    decides = worst(checks)
    return answer(decides["outcome"], decides["reason"] or None, given.fields(), checks)


class _Given:
    """What is known of the document, from the caller and from its own text."""

    def __init__(self, document_type: str, verdict: Verdict, declared: Mapping[str, str]) -> None:
        self.type = check_plans.number_type(document_type)
        self.read = verdict.numbers.get(self.type, [])
        self.declared = declared
        self.number = declared.get(self.type) or (self.read[0] if len(self.read) == 1 else "")
        self.steps: dict[str, Callable[[date], Said]] = {
            "number": self._number,
            "holder": self._holder,
            "declared_number": self._declared,
            "gstin_contains_pan": self._contains,
            "expiry": self._expiry,
        }

    def fields(self) -> dict[str, str]:
        if not self.type:
            return {}
        found = numbers.check(self.type, self.number)
        return {self.type: found.display} if found.is_valid else {}

    def _number(self, today: date) -> Said:
        if not self.number:
            return Said(CheckOutcome.WARN, "NOT_READ")
        return document_checks.number(self.type, self.number)

    def _holder(self, today: date) -> Said:
        kind = self.declared.get("customer_kind")
        if self.type != "pan" or not self.number or not kind:
            return Said(CheckOutcome.NOT_APPLICABLE)
        return document_checks.holder(self.number, is_individual=kind == "individual")

    def _declared(self, today: date) -> Said:
        normal = numbers.check(self.type, self.declared.get(self.type, "")).normal
        return document_checks.declared_number(
            document_checks.match_in_text(normal, found=self.read) if normal else TextMatch.NOT_READ
        )

    def _contains(self, today: date) -> Said:
        known = {**self.declared, self.type: self.number}
        return document_checks.gstin_contains_pan(known.get("gstin") or None, known.get("pan") or None)

    def _expiry(self, today: date) -> Said:
        until = self.declared.get("valid_until")
        return document_checks.expiry(date.fromisoformat(until) if until else None, today=today)


def _seen(verdict: Verdict) -> dict[str, str | int]:
    if verdict.fault:
        return {"seen": verdict.detail}
    return {"mime": verdict.mime, "pages": verdict.pages, "aadhaar_search": str(verdict.search)}


def line(name: str, said: Said, severity: Severity) -> dict[str, Any]:
    """One check as the command prints it."""
    return {
        "check": name,
        "outcome": str(said.outcome),
        "reason": said.reason or None,
        "severity": str(severity),
        "evidence": dict(said.evidence),
    }


def worst(checks: list[dict[str, Any]]) -> dict[str, Any]:
    """The check that decides; of several alike the first."""
    order = [
        CheckOutcome.NOT_APPLICABLE,
        CheckOutcome.PASS,
        CheckOutcome.WARN,
        CheckOutcome.UNAVAILABLE,
        CheckOutcome.FAIL,
    ]
    return max(checks, key=lambda check: order.index(CheckOutcome(check["outcome"])))


def answer(outcome: str, reason: str | None, fields: dict[str, str], checks: list[dict[str, Any]]) -> dict[str, Any]:
    """Every key of the documented object, as for a document without signature, contact or age."""
    return {
        "outcome": outcome,
        "reason": reason,
        "signature": None,
        "signer_sha256": None,
        "issued_at": None,
        "layout": None,
        "fields": fields,
        "contact": {"mobile": "NOT_CHECKED", "email": "NOT_CHECKED"},
        "age": None,
        "checks": checks,
    }
