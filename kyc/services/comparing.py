"""A document's number against the customer's type and against the customer's other numbers."""

from kyc import plans, rules
from kyc.models import Document
from kyc.outcomes import CheckOutcome
from kyc.rules import Said
from kyc.selectors import present_documents
from portal.vault.services import texts
from portal.vault.states import RetentionClass


def number_of(document: Document) -> str:
    """The number as typed, opened for a check; empty for a kind of document that shows none."""
    if document.number_sealed is None:
        return ""
    return texts.open(
        bytes(document.number_sealed),
        subject_ref=document.subject_ref,
        retention_class=RetentionClass.KYC,
    )


def fits_type(document: Document) -> Said:
    """Of the customer's own documents only: what a party is, its role says."""
    if document.party is not None:
        return Said(CheckOutcome.NOT_APPLICABLE)
    return rules.fits_type(document.case.customer_type, plans.number_type(document.kind), number_of(document))


def states_agree(document: Document) -> Said:
    """All numbers that name a state, of this customer or party."""
    present = present_documents(document.case, document.party).values()
    return rules.states_agree({plans.number_type(one.kind): number_of(one) for one in present if one.number_sealed})
