"""Who a nominee was ends like the words of a grievance, from the day on which the nomination ended; and with the person."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from grievances.nominees.models import Nominee
from portal.kernel.core import clock
from portal.kernel.core.erasure_api import Kept, Record
from portal.kernel.people.selectors import refs_of
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files as vault


class Nominees:
    """Name, relation and addresses of nominees. That somebody was named, for what, and when it ended, stays.

    While a nomination stands its period has not begun: it is what the person wishes. It ends with the person's account
    (``end_with_the_person``), and at their own wish.
    """

    name = "grievances.nominees"
    label = _("Nominees")
    retention_class = RetentionClass.GRIEVANCE
    covers = ("grievances.Nominee",)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        found = self._rows(before).values_list("subject_ref").annotate(count=Count("pk")).order_by("subject_ref")
        return (Kept(subject_ref, count) for subject_ref, count in found.iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        for row in self._rows(None).filter(subject_ref__in=list(subject_refs)).order_by("pk"):
            yield Record(row.subject_ref, row.ended_at, about=row.owner)

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Empty the rows; with ``before=None`` those that stand end too, and the key under which they lay."""
        rows = self._rows(before).filter(subject_ref=subject_ref)
        ended = 0
        for row in rows:
            row.sealed = row.email_key = row.phone_key = b""
            row.ended_at = row.ended_at or clock.now()
            row.save(update_fields=["sealed", "email_key", "phone_key", "ended_at"])
            ended += 1
        if ended and before is None:
            vault.shred(subject_ref=subject_ref, retention_class=RetentionClass.GRIEVANCE)
        return ended

    def _rows(self, before: datetime | None) -> QuerySet[Nominee]:
        rows = Nominee.objects.exclude(Q(sealed=b"") & Q(email_key=b"") & Q(phone_key=b""))
        return rows if before is None else rows.filter(ended_at__lt=before)


def end_with_the_person(*, subject_ref: UUID, at: datetime) -> None:
    """Registered in ``ports.person_erased``: nobody is left for whom a nominee could act."""
    for ref in refs_of(subject_ref):
        Nominees().erase(subject_ref=ref, before=None)
