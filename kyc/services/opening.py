"""Looking at what is protected: pages as pictures, the number by "reveal with a reason"."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kyc.models import Document
from kyc.permissions import Permission
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import access
from portal.core.actor import Actor
from portal.core.errors import NotFound, Unavailable
from portal.people.services.four_eyes import person_of
from portal.vault.inspection.process import ChildFailedError, page_as_png
from portal.vault.services import files, texts
from portal.vault.states import RetentionClass


def page_of(document: Document, page: int, *, actor: Actor, reason: str) -> bytes:
    """One page of the kept copy as PNG, drawn in the child process. Each opening is an audit event of the vault.

    Raises NotFound for a page that is not there or a copy that was erased, Unavailable when it cannot be drawn now.
    The caller has decided that this person may see the document.
    """
    if document.kept is None or not 1 <= page <= document.pages:
        raise NotFound(_("There is no such page."))
    with files.open_stream(document.kept, actor=actor, reason=reason) as stream:
        data = stream.read()
    try:
        return page_as_png(data, mime=document.mime, page=page)
    except ChildFailedError as error:
        raise Unavailable(_("The page cannot be drawn at this moment. Load it again.")) from error


def own_number(document: Document) -> str:
    """The number as the customer typed it, for their own check before they send it; masked once it is with us.

    The caller has decided that the person acts for the customer. Raises Shredded when its key was destroyed.
    """
    if document.sent_at is not None or document.number_sealed is None:
        return document.number_display
    return _clear_number(document)


def number_of(document: Document, *, reason_code: str, ticket: str, actor: Actor, now: datetime) -> str:
    """The clear number for one person's eyes, with its audit event: who, why, for what. Raises NotAllowed, Shredded."""
    access.require(person_of(actor), Permission.DOCUMENT_OPEN)
    number = _clear_number(document)
    with transaction.atomic():
        record(
            AuditKind.ADMIN_VALUE_REVEALED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"model": "kyc.document", "field": "number", "reason_code": reason_code, "ticket": ticket},
            at=now,
        )
    return number


def _clear_number(document: Document) -> str:
    if document.number_sealed is None:
        raise NotFound(_("This document has no number."))
    return texts.open(
        bytes(document.number_sealed), subject_ref=document.subject_ref, retention_class=RetentionClass.KYC
    )
