"""A customer asks to delete one document."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kyc.models import CheckEvidence, Document
from kyc.services import settling
from kyc.states import DOCUMENT_MOVES, DocumentState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core.actor import Actor
from portal.core.errors import IllegalMove
from portal.core.moves import move
from portal.vault.services import files
from portal.vault.states import RetentionClass


def ask_to_delete(document: Document, *, actor: Actor, now: datetime) -> None:
    """Note that the customer wants one document gone, with its audit event, in one transaction.

    A file that was never sent is let go at once. One that was sent is with us for a decision or kept by a rule: staff
    see the request beside it and answer it. Raises IllegalMove when it was asked for before or is gone.
    """
    if document.deletion_asked_at is not None or document.erased_at is not None:
        raise IllegalMove(_("You have asked for this already. We write to you about it."))
    with transaction.atomic():
        rows = Document.objects.filter(pk=document.pk, deletion_asked_at=None)
        if rows.update(deletion_asked_at=now) != 1:
            raise IllegalMove(_("You have asked for this already. We write to you about it."))
        document.refresh_from_db()
        is_unsent = document.sent_at is None and document.state != DocumentState.REPLACED
        record(
            AuditKind.KYC_DOCUMENT_DELETION_ASKED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "to": "let_go" if is_unsent else "asked"},
            at=now,
        )
        if is_unsent:
            let_go(document, actor=actor)
            settling.settle(document.case, actor=actor, now=now)


def let_go(document: Document, *, actor: Actor) -> None:
    """End a file that nobody has looked at, in the caller's transaction: the upload's key, the kept copy with its own
    data key, what was typed beside it and what the checks saw.
    """
    kept = document.kept
    move(
        document,
        DocumentState.REPLACED,
        moves=DOCUMENT_MOVES,
        kept=None,
        number_sealed=None,
        number_index=None,
        number_display="",
        declared_sealed=None,
    )
    files.shred(subject_ref=document.quarantine_ref, retention_class=RetentionClass.QUARANTINE, actor=actor)
    CheckEvidence.objects.filter(check_run__document=document).delete()
    if kept is not None:
        files.discard(kept, actor=actor)
