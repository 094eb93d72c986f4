"""Fields of identity documents that end while a rule keeps the document."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kyc.base.models.checks import CheckEvidence
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.models.sanctions import Likeness, LikenessAnswer
from portal.kernel.core.erasure_api import FieldPart

#: Whose a document is, from a row that leads to it.
WHOSE = ("party__subject_ref", "case__subject_ref")


def document_parts(retention_class: str) -> tuple[FieldPart, ...]:
    """The parts of the documents of one class."""

    def documents(subject_ref: UUID) -> QuerySet[Any]:
        rows = Document.objects.filter(retention_class=retention_class, erased_at=None)
        return rows.annotate(whose=Coalesce(*WHOSE)).filter(whose=subject_ref)

    def numbers(subject_ref: UUID) -> QuerySet[Any]:
        return documents(subject_ref).exclude(number_sealed=None, number_index=None, number_display="")

    def decisions(subject_ref: UUID) -> QuerySet[Any]:
        found = Decision.objects.filter(document__in=documents(subject_ref).values("pk"))
        return found.exclude(message_sealed=None, note_sealed=None, reason="")

    def evidence(subject_ref: UUID) -> QuerySet[Any]:
        return CheckEvidence.objects.filter(check_run__document__in=documents(subject_ref).values("pk"))

    def likenesses(subject_ref: UUID) -> QuerySet[Any]:
        whose = Q(party=None, case__subject_ref=subject_ref) | Q(party__subject_ref=subject_ref)
        return Likeness.objects.filter(whose, case__in=documents(subject_ref).values("case"))

    return (
        FieldPart(
            _("document numbers"),
            frozenset({f"kyc.Document.number_{each}" for each in ("sealed", "index", "display")}),
            numbers,
            lambda rows: Document.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
                number_sealed=None, number_index=None, number_display=""
            ),
        ),
        FieldPart(
            _("results of document checks"),
            frozenset({"kyc.CheckEvidence.sealed", "kyc.CheckEvidence.seen_sealed"}),
            evidence,
            lambda rows: rows.delete(),
        ),
        FieldPart(
            _("notes about our decisions"),
            frozenset({f"kyc.Decision.{each}" for each in ("message_sealed", "note_sealed", "reason")}),
            decisions,
            lambda rows: rows.update(message_sealed=None, note_sealed=None, reason=""),
        ),
        FieldPart(
            _("comparisons with sanctions lists"),
            frozenset({"kyc.Likeness.listed", "kyc.Likeness.note", "kyc.LikenessAnswer.reason"}),
            likenesses,
            _end_likenesses,
            is_named=False,  # whoever reads it would learn that they are like somebody on a list
        ),
    )


def _end_likenesses(rows: QuerySet[Any]) -> None:
    found = list(rows.values_list("pk", flat=True))
    LikenessAnswer.objects.filter(likeness__in=found).delete()
    Likeness.objects.filter(pk__in=found).delete()
