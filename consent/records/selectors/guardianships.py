"""For whom a person answers: a child of theirs, or somebody whose lawful guardian they are, as two of our people saw it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.base.choices import HeldState
from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import GuardianAnswer, HeldConsent, StandingEnded
from consent.records.selectors import history
from portal.kernel.core.errors import NotFound
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ProtectionKind
from portal.kernel.people.models import Principal


@dataclass(frozen=True)
class Ward:
    """Somebody for whom the guardian answers now. ``reference`` is the receipt of the first answer they gave for them."""

    subject_ref: UUID
    reference: str
    name: str
    last: GuardianAnswer


def wards_of(guardian_ref: UUID, *, at: datetime) -> list[Ward]:
    """Everybody for whom the person gave an answer that two of our people took, while somebody has to answer for them.

    Nobody who is protected answers for others. Of several who answered for a person with an appointed guardian it is the
    last one; either parent may answer for a child.
    """
    if people.protection_of(guardian_ref, at=at) is not None:
        return []
    given = GuardianAnswer.objects.filter(guardian_ref__in=people.refs_of(guardian_ref)).select_related("receipt")
    first: dict[UUID, GuardianAnswer] = {}
    last: dict[UUID, GuardianAnswer] = {}
    for row in given.order_by("pk"):
        first.setdefault(row.subject_ref, row)
        last[row.subject_ref] = row
    return [
        Ward(ref, first[ref].receipt.reference, _name_of(ref), row)
        for ref, row in last.items()
        if _answers_still(row, at)
    ]


def ward_of(guardian_ref: UUID, reference: str, *, at: datetime) -> Ward:
    """One of them. Raises NotFound for anybody else, as for a reference that does not exist."""
    found = next((one for one in wards_of(guardian_ref, at=at) if one.reference == reference), None)
    if found is None:
        raise NotFound("You decide for no one with this reference.")
    return found


def end_of(guardian_ref: UUID, reference: str) -> StandingEnded:
    """How it ended that the person answers for somebody, named as in ``ward_of``. Raises NotFound where it never did."""
    refs = people.refs_of(guardian_ref)
    first = GuardianAnswer.objects.filter(guardian_ref__in=refs, receipt__reference=reference).first()
    ended = (
        StandingEnded.objects.filter(
            subject_ref__in=people.refs_of(first.subject_ref), guardian_ref__in=refs, ended_at__gte=first.shown_at
        )
        .select_related("receipt")
        .order_by("-pk")
        .first()
        if first is not None
        else None
    )
    if ended is None:
        raise NotFound("You decide for no one with this reference.")
    return ended


def agreed_for(ward: Ward, *, at: datetime) -> list[ConsentEvent]:
    """Each yes of the person that counts at ``at``."""
    said = history.consents_as_of(ward.subject_ref, at)
    return [event for event in said if event.answer in YES and (event.expires_at is None or event.expires_at > at)]


def waiting_for(ward: Ward) -> dict[str, HeldConsent]:
    """What the person said yes to and waits for the guardian, by purpose."""
    rows = HeldConsent.objects.filter(subject_ref__in=people.refs_of(ward.subject_ref), state=HeldState.HELD)
    return {row.purpose: row for row in rows}


def _answers_still(row: GuardianAnswer, at: datetime) -> bool:
    protection = people.protection_of(row.subject_ref, at=at)
    if protection is None or has_ended(row):
        return False
    if protection.kind == ProtectionKind.CHILD:
        return True
    refs = people.refs_of(row.subject_ref)
    return not GuardianAnswer.objects.filter(subject_ref__in=refs, pk__gt=row.pk).exists()


def has_ended(row: GuardianAnswer) -> bool:
    """Whether the standing that began or went on with this answer was ended since, under any reference of the two."""
    return StandingEnded.objects.filter(
        subject_ref__in=people.refs_of(row.subject_ref),
        guardian_ref__in=people.refs_of(row.guardian_ref),
        ended_at__gte=row.shown_at,
    ).exists()


def _name_of(subject_ref: UUID) -> str:
    found = Principal.objects.filter(subject__ref__in=people.refs_of(subject_ref)).first()
    return found.full_name if found is not None else ""
