"""Letting go of the personal part of audit events; that something was done, when, on what and why stays."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.models import AuditPersonal
from portal.kernel.core.erasure_api import Kept, Record, of_days

#: Stands for the events that are about nobody in particular: a login's network address, a setting's old value.
NOBODY = UUID(int=0)


class PersonalParts:
    """Old and new values and network addresses. Their period counts from the day of the event."""

    name = "audit.personal"
    label = _("Personal parts of audit events")
    retention_class = "audit_personal"
    covers = ("audit.AuditPersonal",)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Personal parts of events before, by subject; those about nobody in particular under ``NOBODY``."""
        found = self._parts(before).values_list("subject_ref").annotate(count=Count("pk")).order_by("subject_ref")
        return (Kept(subject_ref or NOBODY, count) for subject_ref, count in found.iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        found = AuditPersonal.objects.filter(subject_ref__in=list(subject_refs))
        return of_days(found.order_by("recorded_at").values_list("subject_ref", "recorded_at").iterator())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Delete the rows. The salt of the hash that the ledger keeps goes with them."""
        about = None if subject_ref == NOBODY else subject_ref
        count, _by_model = self._parts(before).filter(subject_ref=about).delete()
        return count

    def _parts(self, before: datetime | None) -> QuerySet[AuditPersonal]:
        parts = AuditPersonal.objects.all()
        return parts if before is None else parts.filter(recorded_at__lt=before)
