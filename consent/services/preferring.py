"""When, how often and in which language: a person's wishes about messages."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, time
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.models import Preference, PreferenceChange
from consent.selectors.wishes import preference_of
from consent.services import informing
from consent.states import Pace
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Refused
from portal.people import selectors as people


@dataclass(frozen=True)
class WishList:
    """All wishes at once. Quiet hours have two ends or none; a pause lies in the future."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_for_service: bool = False
    paused_until: datetime | None = None
    pace: str = Pace.NO_LIMIT
    language: str = "en"


def wishes_of(subject_ref: UUID, *, refs: Collection[UUID] | None = None) -> WishList:
    """What the person asked for, under any reference of theirs; the usual where they asked for nothing."""
    row = preference_of(refs or people.refs_of(subject_ref))
    if row is None:
        return WishList()
    return WishList(
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        quiet_for_service=row.quiet_for_service,
        paused_until=row.paused_until,
        pace=row.pace,
        language=row.language,
    )


def change(*, subject_ref: UUID, wishes: WishList, actor: Actor, now: datetime | None = None) -> bool:
    """Keep the wishes: fact, present row, audit event and the word to recipients in one transaction. False when nothing differs.

    Raises Refused for a pause in the past, half a quiet time or an unknown language.
    """
    at = now or clock.now()
    before = wishes_of(subject_ref)
    if wishes == before:
        return False
    if (wishes.quiet_from is None) != (wishes.quiet_until is None):
        raise Refused(_("Enter both when quiet hours begin and when they end."), code="QUIET_HALF")
    if wishes.paused_until is not None and wishes.paused_until <= at and wishes.paused_until != before.paused_until:
        raise Refused(_("Choose a day in the future for the end of the pause."), code="PAUSE_IN_PAST")
    if wishes.language not in dict(settings.LANGUAGES):
        raise Refused(_("Choose one of the languages shown."), code="LANGUAGE")
    values = asdict(wishes)
    with transaction.atomic():
        fact = PreferenceChange.objects.create(subject_ref=subject_ref, changed_at=at, **values)
        Preference.objects.update_or_create(subject_ref=subject_ref, defaults={**values, "changed_at": at})
        record(
            AuditKind.CONSENT_PREFERENCE_CHANGED,
            actor=actor,
            about=f"people.subject:{subject_ref}",
            facts={
                "frequency": wishes.pace,
                "pause": wishes.paused_until is not None,
                "until": clock.stamp(wishes.paused_until) if wishes.paused_until else None,
            },
            subject_ref=subject_ref,
            at=at,
        )
        informing.tell_wishes(subject_ref=subject_ref, wishes=wishes, change=fact.pk, actor=actor, at=at)
    return True
