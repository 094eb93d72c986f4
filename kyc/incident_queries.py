"""The query by which an incident finds the people whose documents we had."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DocumentKind
from kyc.base.models.documents import Document
from portal.kernel.registers.incidents.incident_queries import CHUNK, members_in, unknown, within


class WithDocuments:
    """Registered in ``ports.people_selections``."""

    code = "with_documents"
    label = _("People whose KYC documents were uploaded in the time (a kind of document, or leave empty)")
    needs_of = False

    def known(self, of: str) -> str:
        """The code of a kind of document, from its code or its name, whatever the case of the letters."""
        asked = " ".join(of.split()).casefold()
        if not asked:
            return ""
        for code, label in DocumentKind.choices:
            if asked in {code.casefold(), code.replace("_", " ").casefold(), str(label).casefold()}:
                return code
        said = _("Kind of document not found. There are: %(kinds)s.")
        raise unknown(said % {"kinds": ", ".join(str(label) for label in DocumentKind.labels)})

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """The person a document is about, and whoever acted in the time for the customer whose case it lies in.

        Also of documents that were erased meanwhile: they may have been seen before.
        """
        rows = within(Document.objects.all(), "uploaded_at", since, until)
        rows = rows.filter(kind=of) if of else rows
        named = rows.filter(party__principal__isnull=False)
        yield from named.values_list("party__principal__subject__ref", flat=True).distinct().iterator(CHUNK)
        cases = members_in(since, until).filter(customer__in=rows.values("case__customer"))
        yield from cases.values_list("principal__subject__ref", flat=True).iterator(CHUNK)
