"""Letting go of identity documents. That there was a case, what was decided, when and by whom stays."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import CaseState
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Holding, Party
from kyc.base.models.sanctions import Likeness, LikenessAnswer
from kyc.erasable_fields import document_parts
from kyc.outcomes import retention_classes
from kyc.outcomes.services.deletion_requests import erase_document, label_of
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.erasure_api import Kept, Record
from portal.kernel.people.choices import CustomerState
from portal.kernel.vault.choices import RetentionClass

#: What people and staff call the documents of each class: one name for each, because each is kept for a time of its own.
LABELS: Mapping[str, Any] = {
    RetentionClass.KYC: _("Identity and business documents"),
    RetentionClass.KYC_ACCOUNTS: _("Bank documents"),
    RetentionClass.KYC_VENDOR: _("Documents of vendors"),
    RetentionClass.KYC_DEVELOPER: _("Documents of developers"),
    RetentionClass.KYC_APPLICANT: _("Documents of job applicants"),
}


class KycDocuments:
    """Documents of one class of retention, their numbers, what the checks saw and what was written about them.

    Of each party by itself. The period counts from the day a customer left, and from the decision where it was a rejection; while a customer is
    with us, an approved document is kept.
    """

    covers = (
        *("kyc.CheckEvidence", "kyc.Decision", "kyc.Document", "kyc.Holding"),
        *("kyc.Likeness", "kyc.LikenessAnswer", "kyc.Party"),
    )
    spares = True

    def __init__(self, retention_class: str) -> None:
        self.retention_class = retention_class
        self.label = LABELS[retention_class]
        #: "kyc.documents" for customers and resellers, "kyc.documents_vendor" and so on for the others.
        self.name = f"kyc.documents{retention_class.removeprefix('kyc')}"
        self.parts = document_parts(retention_class)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Subjects whose documents may go, with how many there are."""
        counts = Counter(dict(self._documents(before).values_list("whose").annotate(Count("pk")).order_by("whose")))
        counts.update(self._parties(before).values_list("subject_ref", flat=True))
        return (Kept(whose, count) for whose, count in counts.items())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        """Each document by itself, and each person or organisation behind a case."""
        refs = list(subject_refs)
        documents = self._documents(None).filter(whose__in=refs).select_related("case__customer").order_by("pk")
        for document in documents:
            began = retention_classes.ended_at(document.case)
            yield Record(document.whose, began, about=label_of(document), by_wish=True)
        for party in self._parties(None).filter(subject_ref__in=refs).select_related("case__customer").order_by("pk"):
            yield Record(party.subject_ref, retention_classes.ended_at(party.case), by_wish=True)

    def erase(self, *, subject_ref: UUID, before: datetime | None, spared: frozenset[str] = frozenset()) -> int:
        """End the documents of one subject: rows are emptied, and the key of the files and texts is shredded. Those
        ``spared`` stay.
        """
        now = clock.now()
        with transaction.atomic():
            documents = self._documents(before).filter(whose=subject_ref).select_related("party", "case")
            due = [document for document in documents if label_of(document) not in spared]
            for document in due:
                erase_document(document, actor=SYSTEM, now=now)
            self._forget_likenesses(subject_ref, before)
            Holding.objects.filter(owner__in=self._parties(before).filter(subject_ref=subject_ref)).delete()
            parties = self._parties(before).filter(subject_ref=subject_ref).update(name="", erased_at=now)
        return len(due) + parties

    def _forget_likenesses(self, subject_ref: UUID, before: datetime | None) -> None:
        """Who somebody was like goes with them; that they were screened, against which edition, stays."""
        whose = Q(party=None, case__subject_ref=subject_ref) | Q(party__subject_ref=subject_ref)
        likenesses = Likeness.objects.filter(whose, case__in=self._whole_cases(before))
        LikenessAnswer.objects.filter(likeness__in=likenesses).delete()
        likenesses.delete()

    def _documents(self, before: datetime | None) -> QuerySet[Any]:
        """What is still there, with the reference that its key belongs to."""
        whose = Coalesce("party__subject_ref", "case__subject_ref")
        documents = Document.objects.filter(retention_class=self.retention_class, erased_at=None)
        return documents.filter(case__in=self._cases(before)).annotate(whose=whose)

    def _parties(self, before: datetime | None) -> QuerySet[Party]:
        """People and organisations end with the class that everything about their relation ends with."""
        return Party.objects.filter(case__in=self._whole_cases(before), erased_at=None)

    def _whole_cases(self, before: datetime | None) -> QuerySet[Case]:
        return self._cases(before).filter(relation__in=retention_classes.relations_of(self.retention_class))

    def _cases(self, before: datetime | None) -> QuerySet[Case]:
        if before is None:
            return Case.objects.all()
        was_rejected = Q(state=CaseState.REJECTED, decided_at__lt=before)
        has_left = Q(customer__state=CustomerState.CLOSED, customer__closed_at__lt=before)
        return Case.objects.filter(was_rejected | has_left)
