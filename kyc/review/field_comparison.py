"""What was typed, what was read from the document, and what we know, side by side; each difference said in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from kyc.base.check_outcomes import CheckOutcome, TextMatch
from kyc.base.models.checks import Check
from kyc.base.models.documents import Document
from kyc.cases import check_labels, check_plans
from kyc.cases.selectors import known_name, latest_checks
from kyc.cases.services import declared_values, document_encryption
from kyc.review.services import signed_documents
from portal.kernel.core import date_format

#: By outcome of the check that compares: the sign, the word, and the tone of the mark. Never the colour alone.
VERDICTS: Mapping[str, tuple[str, Any, str]] = {
    CheckOutcome.PASS: ("✓", _("fits"), "ok"),
    CheckOutcome.WARN: ("≠", _("differs"), "warn"),
    CheckOutcome.FAIL: ("■", _("does not fit"), "err"),
    CheckOutcome.UNAVAILABLE: ("‖", _("could not be compared"), ""),
    CheckOutcome.NOT_APPLICABLE: ("–", _("compare by eye"), ""),
}
IN_TEXT: Mapping[str, Any] = {
    TextMatch.MATCH: _("the same number"),
    TextMatch.OTHER: _("another number"),
    TextMatch.NOT_READ: _("not read by machine"),
}
#: What a machine read in the pictures, where nothing better is known. A hint: the reviewer looks.
IN_PICTURE: Mapping[str, Any] = {
    TextMatch.MATCH: _("the same, read by machine in the picture"),
    TextMatch.OTHER: _("another one, read by machine in the picture"),
}


@dataclass(frozen=True)
class Row:
    """One fact from up to three sides. An empty side has nothing to say."""

    label: Any
    typed: str
    read: str
    known: str
    sign: str
    verdict: Any
    tone: str
    why: Any


def side_by_side(document: Document) -> list[Row]:
    """The rows that a document of this kind has something for. Numbers are masked; a day of birth shows its year only.

    The caller has decided that this person may open the document. Raises Shredded once it was erased.
    """
    checks = {check.name: check for check in latest_checks(document)}
    typed = declared_values.typed_beside(document)
    signed = signed_documents.proved(document)
    hint = _read_in_pictures(document, checks)
    rows = []
    if document.number_display or signed.get("number") or signed.get("aadhaar"):
        read = signed.get("number") or signed.get("aadhaar")
        check = checks.get("declared_number") or checks.get("signature")
        if not read and document.number_in_text == TextMatch.NOT_READ and "number" in hint:
            read, check = hint["number"], checks[check_plans.PICTURE_TEXT]
        read = read or _in_text(document)
        rows.append(_row(_("Number"), check, typed=document.number_display, read=str(read)))
    if "name" in checks:
        name = typed.get("name", "")
        read = " · ".join(str(one) for one in (signed.get("name"), hint.get("name")) if one)
        rows.append(_row(_("Name"), checks["name"], typed=name, read=read, known=known_name(document)))
    if typed.get("born_on") or "birth" in signed or "age" in checks:
        check = checks.get("declared_person") if typed.get("born_on") else checks.get("age")
        read = signed.get("birth") or hint.get("born_on", "")
        check = check or checks.get(check_plans.PICTURE_TEXT)
        rows.append(_row(_("Date of birth"), check, typed=_year(typed.get("born_on", "")), read=str(read)))
    if document.expires_on or signed.get("valid_until"):
        until = date_format.day(document.expires_on) if document.expires_on else ""
        read = signed.get("valid_until") or hint.get("expires_on", "")
        rows.append(_row(_("Valid until"), checks.get("expiry"), typed=until, read=str(read)))
    return rows


def _read_in_pictures(document: Document, checks: Mapping[str, Check]) -> dict[str, Any]:
    """What the machine read, by value, in words; nothing for a value that it could not read."""
    check = checks.get(check_plans.PICTURE_TEXT)
    if check is None or not hasattr(check, "evidence"):
        return {}
    found = json.loads(document_encryption.opened(document, check.evidence.sealed))
    return {name: IN_PICTURE[match] for name, match in found.items() if match in IN_PICTURE}


def _in_text(document: Document) -> Any:
    return IN_TEXT[document.number_in_text] if check_plans.number_type(document.kind) else ""


def _year(born_on: str) -> str:
    try:
        return f"XX-XX-{date.fromisoformat(born_on).year}" if born_on else ""
    except ValueError:
        return "XX-XX-XXXX"


def _row(label: Any, check: Check | None, *, typed: str = "", read: str = "", known: str = "") -> Row:
    outcome = check.outcome if check is not None else str(CheckOutcome.NOT_APPLICABLE)
    sign, verdict, tone = VERDICTS[outcome]
    why = check_labels.REASONS.get(check.reason, "") if check is not None and outcome != CheckOutcome.PASS else ""
    return Row(label, typed, read, known, sign, verdict, tone, why)
