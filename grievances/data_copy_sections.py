"""A person's grievances and nominees for the bundle of their own data: everything they may read, nothing that is internal."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from grievances.base.models.ticket import Ticket
from grievances.nominees import labels
from grievances.nominees.models import Nominee
from grievances.nominees.services import nominations
from grievances.tickets.services import thread_access


class GrievanceSection:
    """Registered in ``ports.sections``."""

    name = "grievances"
    label = _("Grievances")
    covers = ("grievances.Ticket",)

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per grievance with its public thread, oldest first."""
        tickets = Ticket.objects.filter(subject_ref__in=list(subject_refs)).order_by("received_at", "pk")
        return [_record(ticket) for ticket in tickets]


class NomineeSection:
    """Registered in ``ports.sections``."""

    name = "nominees"
    label = _("Nominees")
    covers = ("grievances.Nominee",)

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per nominee that the person named, those that ended too; the first named first."""
        rows = Nominee.objects.filter(subject_ref__in=list(subject_refs)).order_by("named_at", "pk")
        return [
            {
                "reference": row.reference,
                **nominations.details_of(row),
                "may_do": [str(labels.RIGHTS[right]) for right in row.rights],
                "named_at": row.named_at.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            }
            for row in rows
        ]


def _record(ticket: Ticket) -> dict[str, Any]:
    return {
        "reference": ticket.reference,
        "about": str(ticket.fiduciary.name),
        "kind": ticket.get_kind_display(),
        "state": ticket.get_state_display(),
        "received_at": ticket.received_at.isoformat(),
        "closed_at": ticket.closed_at.isoformat() if ticket.closed_at else None,
        "thread": [
            {
                "at": line.entry.at.isoformat(),
                "what": line.label,
                "by": line.author,
                "texts": line.texts,
                "files": [file.name for file in line.files],
            }
            for line in thread_access.thread(ticket, internal=False)
        ],
    }
