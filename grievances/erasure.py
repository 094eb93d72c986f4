"""Letting go of grievances when their period is over. That one was filed, answered and closed, and when, stays."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from grievances.base.choices import TicketState
from grievances.base.models.draft import TicketDraft
from grievances.base.models.ticket import Ticket
from grievances.base.request_choices import Right
from grievances.requests.services import text_erasure
from grievances.tickets.services import drafts
from portal.kernel.core.erasure_api import Kept, Record
from portal.kernel.vault.choices import RetentionClass


class GrievanceTexts:
    """What people and staff wrote, addresses and files. The period counts from the day a grievance was closed."""

    name = "grievances.texts"
    label = _("Words, addresses and files of grievances")
    retention_class = RetentionClass.GRIEVANCE
    spares = True
    covers = (
        "grievances.Attachment",
        "grievances.DraftFile",
        "grievances.EntryText",
        "grievances.NomineeStanding",
        "grievances.OutsideTask",
        "grievances.ProofPaper",
        "grievances.RequestProposal",
        "grievances.RightsRequest",
        "grievances.Ticket",
        "grievances.TicketContact",
        "grievances.TicketDraft",
        "grievances.TrackingCode",
    )

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Subjects of grievances closed before, whose words or addresses are still there."""
        closed = self._tickets(before).filter(contacts__isnull=False)
        found = closed.values_list("subject_ref").annotate(count=Count("pk", distinct=True)).order_by("subject_ref")
        return (Kept(subject_ref, count) for subject_ref, count in found.iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        refs = list(subject_refs)
        for ticket in Ticket.objects.filter(subject_ref__in=refs, contacts__isnull=False).distinct().order_by("pk"):
            yield Record(ticket.subject_ref, ticket.closed_at, about=ticket.about)
        for ref in TicketDraft.objects.filter(subject_ref__in=refs, ticket=None).values_list("subject_ref", flat=True):
            yield Record(ref, None)

    def erase(self, *, subject_ref: UUID, before: datetime | None, spared: frozenset[str] = frozenset()) -> int:
        """End the grievances of one subject; with ``before=None`` open ones and drafts too. Those ``spared`` stay."""
        tickets = self._tickets(before).filter(subject_ref=subject_ref)
        ended = sum(text_erasure.erase(ticket=ticket) for ticket in tickets if ticket.about not in spared)
        if before is None:
            for draft in TicketDraft.objects.filter(subject_ref=subject_ref, ticket=None):
                drafts.erase_draft(draft=draft)
                ended += 1
        return ended

    def _tickets(self, before: datetime | None) -> QuerySet[Ticket]:
        if before is None:
            return Ticket.objects.all()
        return Ticket.objects.filter(state=TicketState.CLOSED, closed_at__lt=before)


def open_disputes(*, subject_refs: Iterable[UUID]) -> list[tuple[UUID, str]]:
    """Registered in ``ports.disputes``: grievances and requests of these subjects that are not closed.

    Nothing is erased meanwhile: a copy that somebody waits for must not lose what it is to hold. A request to erase is
    none: it is what asks for the end.
    """
    found = Ticket.objects.filter(subject_ref__among=frozenset(subject_refs)).exclude(state=TicketState.CLOSED)
    found = found.exclude(rights_request__right=Right.ERASURE)
    return list(found.order_by("reference").values_list("subject_ref", "reference"))
