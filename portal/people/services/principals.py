"""Natural persons."""

from datetime import datetime

from django.db import transaction

from portal.core import clock
from portal.core.actor import Actor
from portal.people.models import Principal, RegimeEvidence
from portal.people.services import subjects
from portal.people.states import SubjectKind


def create(
    *,
    full_name: str = "",
    language: str = "en",
    zone: str = "Asia/Kolkata",
    actor: Actor,
    now: datetime | None = None,
) -> Principal:
    """Insert a person with a subject of their own. No login and no address come with it."""
    at = now or clock.now()
    with transaction.atomic():
        return Principal.objects.create(
            subject=subjects.new(SubjectKind.PRINCIPAL, now=at),
            full_name=full_name.strip(),
            language=language,
            zone=zone,
            created_at=at,
        )


def note_regime(*, principal: Principal, regime: str, ground: str, now: datetime) -> RegimeEvidence:
    """Add evidence that a law applies to the person; the same evidence twice stays one row."""
    evidence, _made = RegimeEvidence.objects.get_or_create(
        subject_ref=principal.subject.ref,
        regime=regime,
        ground=RegimeEvidence.Ground(ground),
        ended_at=None,
        defaults={"noted_at": now},
    )
    return evidence
