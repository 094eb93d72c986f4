"""The freezes that reports of children made, as ``hooks.freezes`` asks for them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from portal.core.actor import Actor
from portal.people.services.freezes import Taken
from portal.people.states import ProtectionGround
from portal.retention.models import ChildReport
from portal.retention.states import ChildState


class ReportFreezes:
    """A report freezes the person it is about until two people have decided about it."""

    ground = ProtectionGround.REPORTED

    def stands(self, *, refs: Collection[UUID]) -> bool:
        return _standing(refs).exists()

    def closed(self, *, refs: Collection[UUID]) -> set[str]:
        return {reference for row in _standing(refs) for reference in row.closed_customers}

    def take_over(self, *, refs: Collection[UUID], taken: Taken) -> None:
        row = _standing(refs).select_for_update()[0]
        row.closed_customers = sorted({*row.closed_customers, *taken.customers})
        row.noted_protection = row.noted_protection or taken.is_noted
        row.save(update_fields=["closed_customers", "noted_protection"])

    def ended(self, *, refs: Collection[UUID], actor: Actor, at: datetime) -> None:
        """A report took nothing but accounts and the note, which ``freezing`` gives back."""


def taken_by(row: ChildReport) -> Taken:
    return Taken(customers=tuple(row.closed_customers), is_noted=row.noted_protection)


def _standing(refs: Collection[UUID]) -> QuerySet[ChildReport]:
    return ChildReport.objects.filter(state=ChildState.FROZEN, child_ref__in=refs).order_by("pk")
