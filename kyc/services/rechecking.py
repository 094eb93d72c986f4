"""A signer's certificate is trusted from now on: what was signed by nobody we knew is looked at once more.

Of a picture the kept copy still holds the QR code: it is read again, and every signed check gets a new row. Of a file that
was read when it came only the verdict was kept: its customer is told, and may send it again.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import transaction

from kyc import plans
from kyc.models import Document
from kyc.selectors import has_unknown_signer
from kyc.services import minors, proving, telling
from kyc.services.noting import WORKER, note_check
from kyc.states import PROVED_BY_SIGNATURE, DocumentState
from portal.core import clock
from portal.vault.services import files

log = structlog.get_logger(__name__)


def signer_trusted(kinds: Iterable[str], *, now: datetime) -> tuple[int, int]:
    """Look again at the undecided documents of these kinds whose signer was unknown.

    Each document is a transaction of its own. Returns how many were read again and how many customers' files are asked for
    again. Safe to repeat: what is read with the same result, or was told before, changes nothing. Raises Unavailable while
    the files cannot be read.
    """
    read = asked = 0
    waiting = Document.objects.filter(kind__in=PROVED_BY_SIGNATURE & set(kinds), state=DocumentState.CHECKED)
    for document in waiting.filter(erased_at=None).select_related("case__customer", "party", "kept").order_by("pk"):
        if not has_unknown_signer(document):
            continue
        if document.kind in proving.AT_ONCE:
            telling.signer_is_known(document)
            asked += 1
        else:
            read += _read_again(document, now=now)
    log.info("kyc.signer_trusted", read=read, asked=asked)
    return read, asked


def _read_again(document: Document, *, now: datetime) -> bool:
    if document.kept is None:
        return False
    started = clock.now()
    with files.open_stream(document.kept, actor=WORKER, reason="signature") as stream:
        data = stream.read()
    signed = proving.verdict_on(document, data, now=now)
    said = proving.said(document, signed, now=now)
    with transaction.atomic():
        here = Document.objects.select_for_update(no_key=True).filter(pk=document.pk, state=DocumentState.CHECKED)
        if not here.exists() or not has_unknown_signer(document) or said["signature"].reason == "UNKNOWN_SIGNER":
            return False
        for planned in plans.checks_for(document.kind):
            if planned.name in said:
                note_check(document, planned, said[planned.name], started)
        if minors.is_minor(said):
            minors.found(document, signed, found_at=started)
    return True
