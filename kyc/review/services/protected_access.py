"""Looking at what is protected: pages as pictures, with a mark over them, and one's own number."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from kyc import numbers
from kyc.base.models.documents import Document
from kyc.cases.services import declared_values, document_encryption
from kyc.numbers.result import NumberResult
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Unavailable
from portal.kernel.vault.inspection.client import ChildFailedError, page_as_png
from portal.kernel.vault.services import files


@dataclass(frozen=True)
class Look:
    """How a page is looked at: ``mark`` is written over it, and a large one has the pixels to be magnified."""

    mark: str = ""
    is_large: bool = False


PLAIN = Look()


def page_of(document: Document, page: int, *, actor: Actor, reason: str, look: Look = PLAIN) -> bytes:
    """One page of the kept copy as PNG, drawn in the child process. Each opening is an audit event of the vault.

    Raises NotFound for a page that is not there or a copy that was erased, Unavailable when it cannot be drawn now.
    The caller has decided that this person may see the document.
    """
    if document.kept is None or not 1 <= page <= document.pages:
        raise NotFound(_("Page not found."))
    with files.open_stream(document.kept, actor=actor, reason=reason) as stream:
        data = stream.read()
    try:
        return page_as_png(data, mime=document.mime, page=page, **asdict(look))
    except ChildFailedError as error:
        raise Unavailable(_("The page cannot be drawn at this moment. Load it again.")) from error


def own_branch(document: Document) -> NumberResult | None:
    """The branch typed beside the number of an account, for the customer's own check; None where none was typed."""
    typed = declared_values.typed_beside(document).get("ifsc", "")
    return numbers.check("ifsc", typed) if typed else None


def own_number(document: Document) -> str:
    """The number as the customer typed it, for their own check before they send it; masked once it is with us.

    The caller has decided that the person acts for the customer. Raises Shredded when its key was destroyed.
    """
    if document.sent_at is not None or document.number_sealed is None:
        return document.number_display
    return clear_number(document)


def own_typing(document: Document) -> dict[str, Any]:
    """What the customer typed with a document that is not sent yet, by the names of the form, for them to change; else nothing.

    The caller has decided that the person acts for the customer. Raises Shredded when its key was destroyed.
    """
    if document.sent_at is not None or document.erased_at is not None:
        return {}
    typed = {
        **declared_values.typed_beside(document),
        "number": own_number(document),
        "valid_until": document.expires_on,
    }
    return {**typed, "earlier": document.reference}


def clear_number(document: Document) -> str:
    """The number, for a service that has written down who asked. Raises NotFound where there is none, Shredded."""
    if document.number_sealed is None:
        raise NotFound(_("This document has no number."))
    return document_encryption.opened(document, document.number_sealed)
