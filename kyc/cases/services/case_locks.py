"""Who works on a case: one person at a time, for the time a house rule gives; and which worker on a document."""

from django.db import transaction
from django.utils.translation import gettext as _

from kyc.base.choices import DocumentState
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.people.services.work_locks import Claims


def _taken() -> str:
    return _("A colleague is working on this case. Take another one, or wait until it is free.")


CLAIMS = Claims(
    model=Case,
    rule="kyc.lock_life",
    permission=Permission.CASE_DECIDE,
    kind=AuditKind.KYC_CASE_ASSIGNED,
    about=lambda case: case.owner,
    taken=_taken,
)
claim, release = CLAIMS.claim, CLAIMS.release


def is_still_here(document: Document) -> bool:
    """Whether the document still waits for its checks, held until the transaction ends.

    The child takes its time: meanwhile the customer may have let the file go, and then nothing of it is kept.
    """
    with transaction.atomic():
        rows = Document.objects.select_for_update(no_key=True)
        document.refresh_from_db(fields=["state", "kept", "erased_at"], from_queryset=rows)
    return document.state == DocumentState.RECEIVED and document.erased_at is None


def is_kept_still(document: Document) -> bool:
    """Whether anything of the document is still here, held until the caller's transaction ends.

    Somebody outside takes its time to answer: of what was erased or let go meanwhile the key has ended, and whatever were
    written about it now would lie under a new one that nobody ends.
    """
    rows = Document.objects.select_for_update(no_key=True)
    document.refresh_from_db(fields=["state", "erased_at"], from_queryset=rows)
    gone = (DocumentState.REMOVED, DocumentState.DESTROYED)
    return document.state not in gone and document.erased_at is None


def is_unjudged(document: Document) -> bool:
    """Whether it is still here and no other worker, to whom a lease that ran out gave it, keeps a copy already."""
    if not is_still_here(document):
        return False
    if document.kept_id is not None:
        document.refresh_from_db()
    return document.kept_id is None
