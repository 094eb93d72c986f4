"""The checks that need no file: what each looks at, and what it says of exactly that.

What a check looked at is kept with its row as one hash, sealed like its evidence: a replay shows whether the same answer
still follows from the same facts (``kyc.review.services.check_replay``).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kyc.base.check_outcomes import CheckOutcome, TextMatch
from kyc.base.choices import DocumentKind
from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said
from kyc.cases.selectors import known_name, others_with_number, sent_beside
from kyc.cases.services.declared_values import number_of, typed_beside
from portal.kernel.people.choices import CustomerKind

#: Plain values, as JSON writes them.
Seen = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """``look`` reads the rows, on a day of India; ``judge`` answers from what it read and from nothing else."""

    look: Callable[[Document, date], Seen]
    judge: Callable[..., Said]


def ask(name: str, document: Document, *, on: date) -> Said:
    """What this check says of the document on that day. Reads only."""
    step = STEPS[name]
    seen = step.look(document, on)
    return replace(step.judge(**seen), seen_sha256=digest(seen))


def digest(seen: Seen) -> str:
    """One hash of everything that a check looked at. It is only kept sealed: a number alone could be guessed from it."""
    return hashlib.sha256(json.dumps(dict(seen), sort_keys=True).encode()).hexdigest()


def _number(document: Document, on: date) -> Seen:
    return {"number_type": check_plans.number_type(document.kind), "value": number_of(document)}


def _holder(document: Document, on: date) -> Seen:
    party = document.party
    is_individual = party.principal_id is not None if party else document.case.customer.kind == CustomerKind.INDIVIDUAL
    return {"pan": number_of(document), "is_individual": is_individual, "customer_type": _type_of(document)}


def _judge_holder(pan: str, *, is_individual: bool, customer_type: str | None) -> Said:
    said = document_checks.holder(pan, is_individual=is_individual)
    of_type = _judge_type(customer_type, "pan", pan)
    return of_type if said.outcome is CheckOutcome.PASS and of_type.outcome is CheckOutcome.WARN else said


def _declared(document: Document, on: date) -> Seen:
    return {"match": document.number_in_text}


def _judge_declared(match: str) -> Said:
    return document_checks.declared_number(TextMatch(match))


def _name(document: Document, on: date) -> Seen:
    return {"shown": typed_beside(document).get("name", ""), "known": known_name(document)}


def _gstin_contains_pan(document: Document, on: date) -> Seen:
    present = sent_beside(document)
    pair = {"gstin": present.get(DocumentKind.GST_CERTIFICATE), "pan": present.get(DocumentKind.PAN_CARD)}
    return {name: number_of(one) if one and one.number_sealed else None for name, one in pair.items()}


def _duplicate(document: Document, on: date) -> Seen:
    return {"others": others_with_number(document, number_of(document)).values("case").distinct().count()}


def _expiry(document: Document, on: date) -> Seen:
    return {"expires_on": document.expires_on.isoformat() if document.expires_on else "", "today": on.isoformat()}


def _judge_expiry(expires_on: str, today: str) -> Said:
    return document_checks.expiry(
        date.fromisoformat(expires_on) if expires_on else None, today=date.fromisoformat(today)
    )


def _ifsc(document: Document, on: date) -> Seen:
    """The branch that was typed beside the number of an account."""
    return {"value": typed_beside(document).get("ifsc", "")}


def _tan(document: Document, on: date) -> Seen:
    """The tax deduction number that was typed, against the name we know."""
    return {"value": typed_beside(document).get("tan", ""), "name": known_name(document)}


def _register_fits_pan(document: Document, on: date) -> Seen:
    """The number of this certificate against the PAN card of the same customer or party."""
    card = sent_beside(document).get(DocumentKind.PAN_CARD)
    pan = number_of(card) if card is not None else ""
    return {"number_type": check_plans.number_type(document.kind), "number": number_of(document), "pan": pan}


def _type_of(document: Document) -> str | None:
    """Of the customer's own documents only: what a party is, its role says."""
    return None if document.party is not None else document.case.customer_type


def _fits_type(document: Document, on: date) -> Seen:
    number = {"number_type": check_plans.number_type(document.kind), "value": number_of(document)}
    return {"customer_type": _type_of(document), **number}


def _judge_type(customer_type: str | None, number_type: str, value: str) -> Said:
    if customer_type is None:
        return Said(CheckOutcome.NOT_APPLICABLE)
    return document_checks.fits_type(customer_type, number_type, value)


def _states_agree(document: Document, on: date) -> Seen:
    """All numbers that name a state, of this customer or party."""
    sent = sent_beside(document).values()
    return {"values": {check_plans.number_type(one.kind): number_of(one) for one in sent if one.number_sealed}}


STEPS: dict[str, Step] = {
    "declared_number": Step(_declared, _judge_declared),
    "duplicate": Step(_duplicate, document_checks.duplicate),
    "expiry": Step(_expiry, _judge_expiry),
    "fits_type": Step(_fits_type, _judge_type),
    "gstin_contains_pan": Step(_gstin_contains_pan, document_checks.gstin_contains_pan),
    "holder": Step(_holder, _judge_holder),
    "ifsc": Step(_ifsc, document_checks.ifsc),
    "name": Step(_name, document_checks.name),
    "number": Step(_number, document_checks.number),
    "register_fits_pan": Step(_register_fits_pan, document_checks.register_fits_pan),
    "states_agree": Step(_states_agree, document_checks.states_agree),
    "tan": Step(_tan, document_checks.tan),
}
