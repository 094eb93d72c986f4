"""When, how often and in which language: a person's wishes about messages."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Pace
from consent.records.models.events import ConsentReceipt
from consent.records.models.preferences import Preference, PreferenceChange
from consent.records.selectors.preferences import preference_of
from consent.records.services import recipient_updates
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import advisory_locks, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.ledger.models import Entry
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Principal


@dataclass(frozen=True)
class WishList:
    """All wishes at once. Quiet hours have two ends or none; a pause lies in the future."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_for_service: bool = False
    paused_until: datetime | None = None
    pace: str = Pace.NO_LIMIT
    language: str = "en"


def wishes_of(subject_ref: UUID) -> WishList:
    """What the person asked for, under any reference of theirs; the usual where they asked for nothing."""
    refs = people.refs_of(subject_ref)
    return of_row(preference_of(refs), refs)


def of_row(row: Preference | None, refs: Collection[UUID]) -> WishList:
    """The wishes in a person's row of preferences; without one the usual, in the language that their letters have anyway."""
    if row is not None:
        return WishList(**{field.name: getattr(row, field.name) for field in fields(WishList)})
    known = Principal.objects.filter(subject__ref__in=refs).order_by("pk").values_list("language", flat=True).first()
    return WishList(language=known) if known in dict(settings.LANGUAGES) else WishList()


@dataclass(frozen=True)
class Blocked:
    """What a person blocks, in codes with one space between them: as it is kept, and told to recipients."""

    blocked_categories: str = ""
    blocked_modes: str = ""
    blocked_bands: str = ""
    blocked_days: str = ""


def blocked_in(row: Preference | None) -> Blocked:
    """What a row of preferences blocks; nothing without one."""
    if row is None:
        return Blocked()
    return Blocked(**{field.name: getattr(row, field.name) for field in fields(Blocked)})


def change(*, subject_ref: UUID, wishes: WishList, actor: Actor, now: datetime | None = None) -> bool:
    """Keep the wishes: fact, present row, audit event and the word to recipients in one transaction. False when nothing differs.

    What the person blocks stays as it is. Raises Refused for a pause in the past, half a quiet time or an unknown language.
    """
    at = now or clock.now()
    with transaction.atomic():
        row = present(subject_ref)
        before = of_row(row, people.refs_of(subject_ref))
        if wishes == before:
            return False
        _check(wishes, before, at)
        event = record(
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
        keep(subject_ref=subject_ref, wishes=wishes, blocked=blocked_in(row), entry=event.entry, actor=actor, at=at)
    return True


def present(subject_ref: UUID) -> Preference | None:
    """The row that counts now of the person, for the caller's transaction to replace: it has the turn until its end.

    Two changes at once would each keep the other's half as it was before.
    """
    refs = people.refs_of(subject_ref)
    advisory_locks.take(*people.own_turns_of(refs))
    return preference_of(refs)


def keep(
    *,
    subject_ref: UUID,
    wishes: WishList,
    blocked: Blocked,
    entry: Entry,
    actor: Actor,
    at: datetime,
    receipt: ConsentReceipt | None = None,
) -> None:
    """Write fact and present row, and tell the recipients. In the caller's transaction, which has the turn (``present``)."""
    values = {**asdict(wishes), **asdict(blocked), "changed_at": at}
    fact = PreferenceChange.objects.create(subject_ref=subject_ref, entry=entry, receipt=receipt, **values)
    Preference.objects.update_or_create(subject_ref=subject_ref, defaults=values)
    told = {**asdict(wishes), **{name: codes.split() for name, codes in asdict(blocked).items()}}
    recipient_updates.tell_wishes(subject_ref=subject_ref, wishes=told, change=fact.pk, actor=actor, at=at)


def _check(wishes: WishList, before: WishList, at: datetime) -> None:
    if (wishes.quiet_from is None) != (wishes.quiet_until is None):
        raise Refused(_("Enter both when quiet hours begin and when they end."), code="QUIET_HALF")
    if wishes.paused_until is not None and wishes.paused_until <= at and wishes.paused_until != before.paused_until:
        raise Refused(_("Choose a day in the future for the end of the pause."), code="PAUSE_IN_PAST")
    if wishes.language not in dict(settings.LANGUAGES):
        raise Refused(_("Choose one of the languages shown."), code="LANGUAGE")
