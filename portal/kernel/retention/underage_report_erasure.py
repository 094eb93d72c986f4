"""The words of a report of a child end like those of a grievance; its times and references stay."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.erasure_api import Kept, Record
from portal.kernel.people.selectors import refs_of
from portal.kernel.retention.models import ChildReport


class ChildReports:
    """Registered in ``ports.erasers``. A report's own subject, and the child it was about."""

    name = "retention.child_reports"
    label = _("Reports of children")
    retention_class = "grievance"
    covers = ("retention.ChildReport",)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        rows = ChildReport.objects.filter(decided_at__lt=before)
        for row in rows.iterator():
            if row.words or row.address or row.reporter:
                yield Kept(row.subject_ref, 1)

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        refs = list(subject_refs)
        for row in ChildReport.objects.filter(Q(subject_ref__in=refs) | Q(child_ref__in=refs)).order_by("pk"):
            if row.words or row.address or row.reporter:
                whose = row.subject_ref if row.subject_ref in refs else row.child_ref
                yield Record(whose or row.subject_ref, row.decided_at, about=row.owner)

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Empty the words and both addresses. Of the child's own subject the report goes with everything else of theirs."""
        rows = ChildReport.objects.filter(subject_ref=subject_ref)
        if before is None:
            rows |= ChildReport.objects.filter(child_ref__in=refs_of(subject_ref))
        else:
            rows = rows.filter(decided_at__lt=before)
        ended = 0
        for row in rows:
            if row.words or row.address or row.reporter:
                row.words = row.address = row.reporter = ""
                row.save(update_fields=["words", "address", "reporter"])
                ended += 1
        return ended
