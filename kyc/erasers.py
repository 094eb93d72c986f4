"""Letting go of identity documents. That there was a case, what was decided, when and by whom stays."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kyc.models import Case, CheckEvidence, Decision, Document, Holding, Party
from kyc.states import CaseState
from portal.core import clock
from portal.core.erasing import Kept
from portal.people.states import CustomerState
from portal.vault.services import files
from portal.vault.states import RetentionClass


class KycDocuments:
    """Documents, their numbers, what the checks saw and what was written about them; of each party by itself.

    The period counts from the day a customer left, and from the decision where it was a rejection; while a customer is
    with us, an approved document is kept.
    """

    name = "kyc.documents"
    label = _("Identity and business documents")
    retention_class = RetentionClass.KYC
    covers = ("kyc.CheckEvidence", "kyc.Decision", "kyc.Document", "kyc.Holding", "kyc.Party")

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Subjects whose documents may go, with how many there are."""
        counts = Counter(dict(self._documents(before).values_list("whose").annotate(Count("pk")).order_by("whose")))
        counts.update(self._parties(before).values_list("subject_ref", flat=True))
        return (Kept(whose, count) for whose, count in counts.items())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """End the documents of one subject: rows are emptied, and the key of the files and texts is shredded."""
        now = clock.now()
        with transaction.atomic():
            due = dict(self._documents(before).filter(whose=subject_ref).values_list("pk", "quarantine_ref"))
            for quarantine_ref in due.values():
                files.shred(subject_ref=quarantine_ref, retention_class=RetentionClass.QUARANTINE)
            CheckEvidence.objects.filter(check_run__document__in=due).delete()
            Decision.objects.filter(document__in=due).update(message_sealed=None, note_sealed=None, reason="")
            Document.objects.filter(pk__in=due).update(
                number_sealed=None,
                number_index=None,
                number_display="",
                declared_sealed=None,
                erased_at=now,
            )
            Holding.objects.filter(owner__in=self._parties(before).filter(subject_ref=subject_ref)).delete()
            parties = self._parties(before).filter(subject_ref=subject_ref).update(name="", erased_at=now)
            if due:
                files.shred(subject_ref=subject_ref, retention_class=self.retention_class)
        return len(due) + parties

    def _documents(self, before: datetime | None) -> QuerySet[Any]:
        """What is still there, with the reference that its key belongs to."""
        whose = Coalesce("party__subject_ref", "case__subject_ref")
        return Document.objects.filter(case__in=self._cases(before), erased_at=None).annotate(whose=whose)

    def _parties(self, before: datetime | None) -> QuerySet[Party]:
        return Party.objects.filter(case__in=self._cases(before), erased_at=None)

    def _cases(self, before: datetime | None) -> QuerySet[Case]:
        if before is None:
            return Case.objects.all()
        was_rejected = Q(state=CaseState.REJECTED, decided_at__lt=before)
        has_left = Q(customer__state=CustomerState.CLOSED, customer__closed_at__lt=before)
        return Case.objects.filter(was_rejected | has_left)
