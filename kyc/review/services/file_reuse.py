"""A file that was given before stands for another document too: which ones fit, and their kept copy, opened."""

from typing import BinaryIO

from kyc.base.choices import PROVED_BY_SIGNATURE, DecisionOutcome, DecisionReason, DocumentState
from kyc.base.models.cases import Case
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import check_plans
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import Answer
from portal.kernel.vault.inspection import file_types
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded

#: How a kept copy calls itself when it is looked at again.
EXTENSIONS = {file_types.PDF: "pdf", file_types.JPEG: "jpg", file_types.PNG: "png"}
#: A file that was found wanting is not offered again.
USABLE = (DocumentState.CHECKED, DocumentState.APPROVED, DocumentState.ASKED_AGAIN, DocumentState.REPLACED)


def reusable(case: Case, party: Party | None, kind: str) -> list[Document]:
    """The documents about the same customer or party whose kept copy fits this kind, newest first, each file once.

    Not one that its owner wants deleted, that was refused, rejected or asked for again, unless only the number typed beside
    it was wrong; and nothing that a signature proves: of that the file itself is needed.
    """
    if case.pk is None or kind in PROVED_BY_SIGNATURE:
        return []
    rows = Document.objects.filter(
        case=case, party=party, kind__in={kind, *check_plans.fitting(kind)}, state__in=USABLE
    )
    rows = rows.filter(kept__isnull=False, kept__shredded_at=None, deletion_asked_at=None, erased_at=None)
    found: dict[str, Document] = {}
    for row in rows.select_related("case", "party", "kept").order_by("-uploaded_at", "-pk"):
        if row.kept is not None and row.mime in EXTENSIONS and not _was_found_wanting(row):
            found.setdefault(row.kept.sha256, row)
    return list(found.values())


def opened(document: Document, *, actor: Actor) -> BinaryIO:
    """The kept copy in clear; that it was opened is an audit event of the vault. Raises Shredded for one that was erased."""
    if document.kept is None:
        raise Shredded("This file was erased.")
    return files.open_stream(document.kept, actor=actor, reason="used_again")


def _was_found_wanting(document: Document) -> bool:
    """By the last answer of two people about it, or about another document of the case with the same bytes."""
    sha256 = document.kept.sha256 if document.kept else ""
    said = (
        Decision.objects.filter(document__kept__sha256=sha256, document__case=document.case_id, answer=Answer.APPROVED)
        .order_by("-pk")
        .first()
    )
    return (
        said is not None
        and said.outcome != DecisionOutcome.APPROVE
        and said.reason_code != DecisionReason.NUMBER_DIFFERS
    )
