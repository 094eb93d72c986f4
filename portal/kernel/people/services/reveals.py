"""Showing what is masked: with a reason, and never without a trace."""

from datetime import datetime

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import ContactPoint, Principal
from portal.kernel.people.services import factor_ages


def addresses_of(*, principal: Principal, reason: str, ticket: str, actor: Actor, now: datetime) -> list[str]:
    """The person's live addresses in full. The event is written first; the reason lies in its erasable part."""
    factor_ages.require("people.reveal.addresses", now=now)
    with transaction.atomic():
        record(
            AuditKind.ADMIN_VALUE_REVEALED,
            actor=actor,
            about=f"people.principal:{principal.pk}",
            facts={"model": "people.principal", "object": principal.pk, "field": "contact_points", "ticket": ticket},
            subject_ref=principal.subject.ref,
            personal={"reason": reason},
            at=now,
        )
    rows = ContactPoint.objects.filter(principal=principal, left_at=None).order_by("kind", "added_at")
    return [str(row.address) for row in rows]
