"""A document's number against the customer's type and against the customer's other numbers."""

import json

from kyc import plans, rules
from kyc.models import Document
from kyc.outcomes import CheckOutcome
from kyc.rules import Said
from kyc.selectors import known_name, sent_beside
from kyc.services import sealing
from kyc.states import DocumentKind


def number_of(document: Document) -> str:
    """The number as typed, opened for a check; empty for a kind of document that shows none."""
    if document.number_sealed is None:
        return ""
    return sealing.opened(document, document.number_sealed)


def typed_beside(document: Document) -> dict[str, str]:
    """What was typed beside the number: a name, the branch of an account."""
    if document.declared_sealed is None:
        return {}
    return dict(json.loads(sealing.opened(document, document.declared_sealed)))


def ifsc(document: Document) -> Said:
    """The branch that was typed beside the number of an account."""
    return rules.ifsc(typed_beside(document).get("ifsc", ""))


def tan(document: Document) -> Said:
    """The tax deduction number that was typed, against the name we know."""
    return rules.tan(typed_beside(document).get("tan", ""), known_name(document))


def register_fits_pan(document: Document) -> Said:
    """The number of this certificate against the PAN card of the same customer or party."""
    card = sent_beside(document).get(DocumentKind.PAN_CARD)
    return rules.register_fits_pan(
        plans.number_type(document.kind), number_of(document), number_of(card) if card is not None else ""
    )


def fits_type(document: Document) -> Said:
    """Of the customer's own documents only: what a party is, its role says."""
    if document.party is not None:
        return Said(CheckOutcome.NOT_APPLICABLE)
    return rules.fits_type(document.case.customer_type, plans.number_type(document.kind), number_of(document))


def states_agree(document: Document) -> Said:
    """All numbers that name a state, of this customer or party."""
    sent = sent_beside(document).values()
    return rules.states_agree({plans.number_type(one.kind): number_of(one) for one in sent if one.number_sealed})
