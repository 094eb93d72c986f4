"""A signer's certificate is trusted from now on: what was signed by nobody we knew is looked at once more.

Of a picture the kept copy still holds the QR code: it is read again, and every signed check gets a new row. Of a file that
was read when it came only the verdict was kept: its customer is told, and may send it again.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import transaction

from kyc.base.choices import PROVED_BY_SIGNATURE, DocumentState, SignerChange
from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.cases.selectors import has_unknown_signer
from kyc.cases.services.check_records import WORKER, note_check
from kyc.outcomes.services import customer_notifications
from kyc.review.services import signed_documents, underage_detections
from kyc.signers.models import SignerProposal
from portal.kernel.core import clock
from portal.kernel.core.errors import PortalError
from portal.kernel.people.choices import Answer
from portal.kernel.vault.services import files

log = structlog.get_logger(__name__)


def signer_trusted(kinds: Iterable[str], *, now: datetime) -> tuple[int, int]:
    """Look again at the undecided documents of these kinds whose signer was unknown.

    Each document is a transaction of its own. Returns how many were read again and how many customers' files are asked for
    again. Safe to repeat: what is read with the same result, or was told before, changes nothing. Raises Unavailable while
    the files cannot be read.
    """
    read = asked = 0
    for document in _waiting(kinds):
        if document.kind in signed_documents.AT_ONCE:
            customer_notifications.signer_is_known(document)
            asked += 1
        else:
            read += _read_again(document)
    log.info("kyc.signer_trusted", read=read, asked=asked)
    return read, asked


def sweep(*, now: datetime) -> int:
    """Look again at what waited when a certificate was trusted and nobody did, as the nudge was lost: once a day.

    The proposal that two people agreed to is the row that knows. Returns at how many documents; one that cannot be read
    keeps the others waiting for nothing. Safe to repeat.
    """
    trusted: dict[str, datetime] = {}
    agreed = SignerProposal.objects.filter(change=SignerChange.ADD, answer=Answer.APPROVED).order_by("checked_at")
    for kinds, checked_at in agreed.values_list("kinds", "checked_at"):
        trusted |= dict.fromkeys(kinds, checked_at)
    found = [one for one in _waiting(trusted) if _looked_at(one) < trusted[one.kind]]
    for document in found:
        try:
            if document.kind in signed_documents.AT_ONCE:
                customer_notifications.signer_is_known(document)
            else:
                _read_again(document)
        except PortalError as error:
            log.warning("kyc.not_looked_again", document=document.reference, code=error.code)
    return len(found)


def _waiting(kinds: Iterable[str]) -> list[Document]:
    """Undecided documents of these kinds whose signer nobody knew at the last look."""
    rows = Document.objects.filter(
        kind__in=PROVED_BY_SIGNATURE & set(kinds), state=DocumentState.CHECKED, erased_at=None
    )
    ahead = rows.select_related("case__customer", "party", "kept").order_by("pk")
    return [document for document in ahead if has_unknown_signer(document)]


def _looked_at(document: Document) -> datetime:
    last: datetime = document.checks.filter(name="signature").latest("attempt").ended_at
    return last


def _read_again(document: Document) -> bool:
    if document.kept is None:
        return False
    started = clock.now()
    with files.open_stream(document.kept, actor=WORKER, reason="signature") as stream:
        data = stream.read()
    said, signed = signed_documents.judged(document, data, at=started)
    with transaction.atomic():
        here = Document.objects.select_for_update(no_key=True).filter(pk=document.pk, state=DocumentState.CHECKED)
        if not here.exists() or not has_unknown_signer(document) or said["signature"].reason == "UNKNOWN_SIGNER":
            return False
        for planned in check_plans.checks_for(document.kind):
            if planned.name in said:
                note_check(document, planned, said[planned.name], started)
        if underage_detections.is_minor(said):
            underage_detections.found(document, signed, found_at=started)
    return True
