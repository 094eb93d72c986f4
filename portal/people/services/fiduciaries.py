"""Whose processing it is: Onesetu itself, and the clients it works for."""

from datetime import datetime

from django.db import transaction

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core.actor import Actor
from portal.people.models import Fiduciary
from portal.people.models.fiduciaries import OWN_CODE


def ensure_own(*, actor: Actor, now: datetime) -> Fiduciary:
    """Insert Onesetu itself when it is not there yet; safe to repeat."""
    with transaction.atomic():
        own, made = Fiduciary.objects.get_or_create(
            code=OWN_CODE, defaults={"name": "Onesetu", "is_self": True, "created_at": now}
        )
        if made:
            record(
                AuditKind.PEOPLE_FIDUCIARY_CREATED,
                actor=actor,
                about=f"people.fiduciary:{own.code}",
                facts={"fiduciary": own.code},
                at=now,
            )
    return own
