"""Letting go of identity documents. That there was a case, what was decided, when and by whom stays."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kyc.models import Case, CheckEvidence, Decision, Document
from kyc.states import CaseState
from portal.core.erasing import Kept
from portal.people.states import CustomerState
from portal.vault.services import files
from portal.vault.states import RetentionClass


class KycDocuments:
    """Documents, their numbers, what the checks saw and what was written about them.

    The period counts from the day a customer left, and from the decision where it was a rejection; while a customer is
    with us, an approved document is kept.
    """

    name = "kyc.documents"
    label = _("Identity and business documents")
    retention_class = RetentionClass.KYC
    covers = ("kyc.CheckEvidence", "kyc.Decision", "kyc.Document")

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Subjects whose documents may go, with how many there are."""
        ended = self._cases(before).filter(documents__number_sealed__isnull=False)
        found = ended.values_list("subject_ref").annotate(count=Count("documents")).order_by("subject_ref")
        return (Kept(subject_ref, count) for subject_ref, count in found.iterator())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """End the documents of one subject: rows are emptied, and the key of the files and texts is shredded."""
        with transaction.atomic():
            cases = self._cases(before).filter(subject_ref=subject_ref)
            documents = Document.objects.filter(case__in=cases)
            count = documents.filter(number_sealed__isnull=False).update(
                number_sealed=None, number_index=None, number_display=""
            )
            for quarantine_ref in documents.values_list("quarantine_ref", flat=True):
                files.shred(subject_ref=quarantine_ref, retention_class=RetentionClass.QUARANTINE)
            CheckEvidence.objects.filter(check_run__document__in=documents).delete()
            Decision.objects.filter(document__in=documents).update(message_sealed=None, note_sealed=None, reason="")
            if count:
                files.shred(subject_ref=subject_ref, retention_class=self.retention_class)
        return count

    def _cases(self, before: datetime | None) -> QuerySet[Case]:
        if before is None:
            return Case.objects.all()
        was_rejected = Q(state=CaseState.REJECTED, decided_at__lt=before)
        has_left = Q(customer__state=CustomerState.CLOSED, customer__closed_at__lt=before)
        return Case.objects.filter(was_rejected | has_left)
