"""The query by which an incident finds the people who answered to a company."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.records.models.events import ConsentEvent
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.registers.incidents.incident_queries import CHUNK, unknown, within


class WhoAnswered:
    """Registered in ``ports.people_selections``."""

    code = "answered_to"
    label = _("People who made a choice towards a company, no matter who carries its messages (the company's code)")
    needs_of = True

    def known(self, of: str) -> str:
        """The code of a company."""
        code: str | None = Fiduciary.objects.filter(code__in=(of, of.lower())).values_list("code", flat=True).first()
        if code is None:
            raise unknown(_("No company has this code. The codes are in the list of companies."))
        return code

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """Persons with an answer to the fiduciary in the time."""
        rows = within(ConsentEvent.objects.filter(fiduciary__code=of), "occurred_at", since, until)
        persons = Principal.objects.filter(subject__ref__in=rows.values("subject_ref"))
        yield from persons.values_list("subject__ref", flat=True).iterator(CHUNK)
