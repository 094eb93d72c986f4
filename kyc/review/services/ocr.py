"""Reading what stands in a document's pictures, as a hint beside what was typed. In a queue of its own: it is slow.

The document waits for it nowhere: its checks are done, a person may decide before it comes. One row and its audit event
are written in one transaction; a document that has its row is not read again. Safe to kill and to repeat at any line.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from kyc.base.check_outcomes import CheckOutcome, TextMatch
from kyc.base.choices import GONE, DocumentState
from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.cases.check_plans import PlannedCheck
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said
from kyc.cases.selectors import is_done, known_name
from kyc.cases.services.check_records import WORKER, note_check
from kyc.cases.services.declared_values import number_of, typed_beside
from kyc.review.services import signed_documents
from portal.kernel.core import clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.inspection import client
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded

log = structlog.get_logger(__name__)

TASK = "kyc.tasks.read_pictures"
#: The module that answers in the child.
READER = "kyc.review.ocr_comparison"
#: A nudge that brought no row for so long was lost, or the reader was too busy; and so many at a time.
NUDGED_AGAIN = timedelta(hours=1)
AT_A_TIME = 50


def start(document: Document) -> None:
    """Ask for the pictures of a document whose checks are done to be read, in the caller's transaction.

    Nothing happens where no machine reads pictures here (the extra ``ocr``), or nothing was typed that could stand in them.
    """
    if check_plans.read_in_pictures(document.kind) is not None and client.can_read_pictures():
        enqueue(TASK, document.pk)


def read(document_id: int) -> str:
    """Read one document's pictures; returns the outcome, "left" where there is nothing to read, "later" while it cannot be."""
    document = Document.objects.select_related("case__customer", "party", "kept").filter(pk=document_id).first()
    planned = check_plans.read_in_pictures(document.kind) if document is not None else None
    if document is None or planned is None or not client.can_read_pictures() or not _is_there(document, planned):
        return "left"
    started = clock.now()
    try:
        said = _said(document)
    except Unavailable as error:
        log.warning("kyc.pictures_not_read", document=document.reference, code=error.code)
        return "later"
    except Shredded:
        return "left"
    with transaction.atomic():
        rows = Document.objects.select_for_update(no_key=True)
        document.refresh_from_db(fields=["state", "kept", "erased_at"], from_queryset=rows)
        if not _is_there(document, planned):
            return "left"
        note_check(document, planned, said, started)
    return str(said.outcome)


def sweep(*, now: datetime) -> int:
    """Nudge once an hour, oldest first, what was checked and not read since; returns how many."""
    if not client.can_read_pictures():
        return 0
    kinds = [kind for kind in check_plans.kinds() if check_plans.read_in_pictures(kind) is not None]
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Document.objects.filter(
        free, kind__in=kinds, state=DocumentState.CHECKED, erased_at=None, checked_at__lt=now - NUDGED_AGAIN
    )
    due = due.exclude(checks__name=check_plans.PICTURE_TEXT).exclude(kept=None)
    nudged = list(due.order_by("checked_at").values_list("pk", flat=True)[:AT_A_TIME])
    with transaction.atomic():
        Document.objects.filter(pk__in=nudged).update(leased_until=now + NUDGED_AGAIN)
        for document_id in nudged:
            enqueue(TASK, document_id)
    return len(nudged)


def _is_there(document: Document, planned: PlannedCheck) -> bool:
    is_kept = document.state not in GONE and document.kept_id is not None and document.erased_at is None
    return is_kept and not is_done(document, planned.name)


def _said(document: Document) -> Said:
    wanted = _wanted(document)
    if document.kept is None or not any(wanted.values()):
        return Said(CheckOutcome.NOT_APPLICABLE, "NOT_GIVEN")
    with files.open_stream(document.kept, actor=WORKER, reason="picture_text") as stream:
        data = stream.read()
    asked = {**wanted, "number_type": check_plans.number_type(document.kind), "pages": document.pages}
    try:
        found = client.ask(READER, data, asked=asked, limits=replace(client.LIMITS, **client.READING_LIMITS))
    except client.ChildFailedError:  # too much to read: the same file would kill the next child
        return Said(CheckOutcome.NOT_APPLICABLE, "NOT_READ")
    return document_checks.picture_text({name: TextMatch(match) for name, match in found.items()})


def _wanted(document: Document) -> Mapping[str, str]:
    """What could stand in the pictures: as typed; of a card whose QR code was read, the name that is signed there."""
    typed, signed = typed_beside(document), signed_documents.proved(document)
    return {
        "number": number_of(document),
        "name": typed.get("name") or str(signed.get("name", "")) or known_name(document),
        "born_on": typed.get("born_on", ""),
        "expires_on": document.expires_on.isoformat() if document.expires_on else "",
    }
