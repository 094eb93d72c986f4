"""The query by which an incident finds the people whose documents we had."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kyc.models import Document
from portal.people.models import Membership
from portal.registers.selections import CHUNK, within


class WithDocuments:
    """Registered in ``hooks.people_selections``."""

    code = "with_documents"
    label = _("People whose KYC documents were brought in the time (a kind of document, or leave empty)")
    needs_of = False

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """The person a document is about, and whoever acts for the customer whose case it lies in.

        Also of documents that were erased meanwhile: they may have been seen before.
        """
        rows = within(Document.objects.all(), "uploaded_at", since, until)
        rows = rows.filter(kind=of) if of else rows
        named = rows.filter(party__principal__isnull=False)
        yield from named.values_list("party__principal__subject__ref", flat=True).distinct().iterator(CHUNK)
        cases = Membership.objects.filter(customer__in=rows.values("case__customer"), ended_at=None)
        yield from cases.values_list("principal__subject__ref", flat=True).iterator(CHUNK)
