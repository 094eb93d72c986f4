"""Who was given a person's data or told of their choices, and which incidents touched them, for the one-person file."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.timeline_api import Strand
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.incidents.models import Incident
from portal.kernel.registers.recipients.models.disclosures import Disclosure


def orders_of(subject_refs: Collection[UUID], at: datetime) -> Iterable[str]:
    """The orders and requests under which data of these subjects had been given away by then."""
    rows = Disclosure.objects.filter(subject_ref__in=subject_refs, disclosed_at__lte=at)
    return rows.values_list("about", flat=True).distinct()


def incidents_of(subject_refs: Collection[UUID], at: datetime) -> Iterable[str]:
    """The incidents by which these subjects were known to be touched."""
    rows = Incident.objects.filter(people__subject_ref__in=subject_refs, people__search__done_at__lte=at)
    return (incident.about for incident in rows.distinct())


STRANDS = (
    Strand(
        code="disclosures",
        label=_("Disclosures"),
        needs=Permission.DISCLOSURE_VIEW,
        acts=("registers.disclosure.", "registers.order."),
        also=orders_of,
    ),
    Strand(
        code="instructions",
        label=_("Instructions to recipients"),
        needs=Permission.INSTRUCTION_VIEW,
        acts=("registers.instruction.",),
        states={
            f"registers.instruction.{step}": ("instruction", f"={step}")
            for step in ("given", "delivered", "acknowledged", "acted")
        },
    ),
    Strand(
        code="incidents",
        label=_("Incidents"),
        needs=Permission.INCIDENT_VIEW,
        acts=("registers.incident.",),
        also=incidents_of,
    ),
)
