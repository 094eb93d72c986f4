"""Letting go of the proof of consents: a person's wishes go; the answers are references and hashes and stay."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.collection.models.consent_managers import ManagerLink
from consent.records.models.preferences import Preference
from portal.kernel.core.erasure_api import Kept, Record, of_days
from portal.kernel.people.models import Subject
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import ShredOrder, StoredFile
from portal.kernel.vault.services import files


def _since_the_end(refs: list[UUID]) -> Iterable[Record]:
    """A record for each reference among ``refs`` (with repeats), whose time counts from the end of its person."""
    ended = dict(Subject.objects.filter(ref__in=set(refs)).values_list("ref", "erased_at"))
    return (replace(each, by_wish=True) for each in of_days((ref, ended.get(ref)) for ref in refs))


class Scans:
    """Scans of forms on which people agreed. Event, hash and receipt stay and go on proving that there was one."""

    name = "consent.scans"
    label = _("Scans of consent forms")
    retention_class = RetentionClass.CONSENT_EVIDENCE
    covers = ()

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Scans of erased subjects: while a person is with us the scan proves what they agreed to."""
        erased = Subject.objects.filter(erased_at__lt=before).values("ref")
        found = self._scans().filter(subject_ref__in=erased).values_list("subject_ref").annotate(count=Count("pk"))
        return (Kept(subject_ref, count) for subject_ref, count in found.order_by("subject_ref").iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        found = self._scans().filter(subject_ref__in=list(subject_refs))
        return _since_the_end(list(found.values_list("subject_ref", flat=True)))

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Order the end of the subject's key of this class."""
        rows = self._scans().filter(subject_ref=subject_ref)
        if before is not None:
            rows = rows.filter(subject_ref__in=Subject.objects.filter(erased_at__lt=before).values("ref"))
        with transaction.atomic():
            count = rows.count()
            if count:
                files.shred(subject_ref=subject_ref, retention_class=self.retention_class)
        return count

    def _scans(self) -> QuerySet[StoredFile]:
        ended = ShredOrder.objects.values("key_id")
        return StoredFile.objects.filter(kind="consent.scan", shredded_at=None).exclude(key_id__in=ended)


class Wishes:
    """Quiet hours, pause, pace and language. The suppression of an address (its keyed hash) outlives the person."""

    name = "consent.wishes"
    label = _("Message preferences")
    retention_class = RetentionClass.CONSENT_EVIDENCE
    covers = ("consent.Preference",)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Erased subjects whose wishes are still there; those of a living account stay in force, however old."""
        erased = Subject.objects.filter(erased_at__lt=before).values("ref")
        found = Preference.objects.filter(subject_ref__in=erased).values_list("subject_ref").annotate(count=Count("pk"))
        return (Kept(subject_ref, count) for subject_ref, count in found.order_by("subject_ref").iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        found = Preference.objects.filter(subject_ref__in=list(subject_refs))
        return _since_the_end(list(found.values_list("subject_ref", flat=True)))

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Delete the row."""
        rows = Preference.objects.filter(subject_ref=subject_ref)
        if before is not None:
            rows = rows.filter(subject_ref__in=Subject.objects.filter(erased_at__lt=before).values("ref"))
        with transaction.atomic():
            count, _by_model = rows.delete()
        return count


class ManagerLinks:
    """Which consent manager acted for a person, and the hash of the code that linked it. The acts themselves stay."""

    name = "consent.manager_links"
    label = _("Links to consent managers")
    retention_class = RetentionClass.CONSENT_EVIDENCE
    covers = ("consent.ManagerLink",)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Links of erased subjects; those of a living account stay, however old."""
        erased = Subject.objects.filter(erased_at__lt=before).values("ref")
        found = (
            ManagerLink.objects.filter(subject_ref__in=erased).values_list("subject_ref").annotate(count=Count("pk"))
        )
        return (Kept(subject_ref, count) for subject_ref, count in found.order_by("subject_ref").iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        found = ManagerLink.objects.filter(subject_ref__in=list(subject_refs))
        return _since_the_end(list(found.values_list("subject_ref", flat=True)))

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Delete the rows."""
        rows = ManagerLink.objects.filter(subject_ref=subject_ref)
        if before is not None:
            rows = rows.filter(subject_ref__in=Subject.objects.filter(erased_at__lt=before).values("ref"))
        with transaction.atomic():
            count, _by_model = rows.delete()
        return count
