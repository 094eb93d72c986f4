"""Letting go of the contents of ledger entries. Leaf, commitment and everybody else's proofs stay."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.erasure_api import Kept, Record, of_days
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services.redaction import NEVER_REDACTED
from portal.kernel.people.models import Subject
from portal.kernel.retention import retention_decisions


class LedgerContents:
    """Content and salt of the entries about a person, once nothing of a consent has to be proved any more.

    Their time counts from the end of the person; that of an entry about them that came later, such as the note of an erasure
    that was done again, from itself. A redaction is recorded and sealed first and then carried out, so it commits by itself
    and may be repeated.
    """

    name = "ledger.contents"
    label = _("Contents of ledger entries")
    retention_class = "consent_evidence"
    covers = ()
    commits_itself = True
    comes_last = True

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        erased = Subject.objects.filter(erased_at__lt=before).values("ref")
        entries = self._entries().filter(subject_ref__in=erased, recorded_at__lt=before)
        found = entries.values_list("subject_ref").annotate(count=Count("pk"))
        return (Kept(ref, count) for ref, count in found.order_by("subject_ref").iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        refs = list(subject_refs)
        ended = dict(Subject.objects.filter(ref__in=refs).values_list("ref", "erased_at"))
        found = self._entries().filter(subject_ref__in=refs).values_list("subject_ref", "recorded_at")
        return of_days((ref, _later(ended.get(ref), at)) for ref, at in found.iterator() if ref is not None)

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Redact the entries of an erased subject; outside any transaction. How many contents went."""
        if before is not None and not Subject.objects.filter(ref=subject_ref, erased_at__lt=before).exists():
            return 0
        entries = self._entries().filter(subject_ref=subject_ref)
        if before is not None:
            entries = entries.filter(recorded_at__lt=before)
        return ledger.redact(entries, basis=f"retention.{self.retention_class}", requested_at=clock.now())

    def _entries(self) -> QuerySet[Entry]:
        """Those that have their place and their content."""
        found = Entry.objects.exclude(leaf=None).exclude(payload=None)
        return found.exclude(kind__in=NEVER_REDACTED)


def kept_contents(*, subject_refs: Iterable[UUID], in_turn: bool) -> set[UUID]:
    """Fills ``answers.kept_contents``."""
    return retention_decisions.held_among(subject_refs, LedgerContents.retention_class, in_turn=in_turn)


def _later(ended_at: datetime | None, recorded_at: datetime) -> datetime | None:
    return None if ended_at is None else max(ended_at, recorded_at)
