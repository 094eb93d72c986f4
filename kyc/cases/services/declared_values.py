"""What was typed with a document, opened for its checks."""

import json

from kyc.base.models.documents import Document
from kyc.cases.services import document_encryption


def number_of(document: Document) -> str:
    """The number as typed, opened for a check; empty for a kind of document that shows none."""
    if document.number_sealed is None:
        return ""
    return document_encryption.opened(document, document.number_sealed)


def typed_beside(document: Document) -> dict[str, str]:
    """What was typed beside the number: a name, the branch of an account."""
    if document.declared_sealed is None:
        return {}
    return dict(json.loads(document_encryption.opened(document, document.declared_sealed)))
