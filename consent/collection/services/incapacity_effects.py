"""A person died or can no longer act: promotion waits from a plausible report on, and every yes ends with a verified death.

Fills ``ports.rest_noted``, ``rest_lifted`` and ``person_rests``; and withdraws everything at a wish that two people granted.
"""

from dataclasses import replace
from datetime import datetime, time
from uuid import UUID

from django.db import transaction

from consent.base.choices import Way
from consent.base.rules.status_fold import YES
from consent.collection.services.consent_expiry import end_all
from consent.preferences.services import preferences
from consent.records.models.preferences import PreferenceChange
from consent.records.selectors import history
from consent.records.services import subject_locks
from consent.suppressions.services.undos import end_undo
from consent.suppressions.services.withdrawals import can_be_refused, withdraw
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.time_range import LATEST
from portal.kernel.people import selectors as people

RESTING = actors.system("consent.resting")
#: The last day that the portal takes: the pause ends when the report is lifted, not by itself.
WITHOUT_END = datetime.combine(LATEST, time(), tzinfo=clock.IST)


def pause(*, subject_ref: UUID, at: datetime) -> bool:
    """Pause everything that waits for nobody's word, as the person could by themself; recipients are told as of any pause.

    A pause holds at each address of theirs whoever else is reached there, and nothing that is owed waits. Changes nothing
    where it is paused so already.
    """
    wishes = preferences.wishes_of(subject_ref)
    if wishes.paused_until == WITHOUT_END:
        return False
    return preferences.change(
        subject_ref=subject_ref, wishes=replace(wishes, paused_until=WITHOUT_END), actor=RESTING, now=at
    )


def resume(*, subject_ref: UUID, at: datetime) -> bool:
    """The pause of ``pause`` ends; one that the person had set before, and that is not over, holds again."""
    wishes = preferences.wishes_of(subject_ref)
    if wishes.paused_until != WITHOUT_END:
        return False
    refs = people.refs_of(subject_ref)
    before = PreferenceChange.objects.filter(subject_ref__in=refs).exclude(paused_until=WITHOUT_END)
    earlier = before.order_by("-changed_at", "-pk").values_list("paused_until", flat=True).first()
    still = earlier if earlier is not None and earlier > at else None
    return preferences.change(
        subject_ref=subject_ref, wishes=replace(wishes, paused_until=still), actor=RESTING, now=at
    )


def end_with_the_person(*, subject_ref: UUID, at: datetime) -> int:
    """Every yes of the person ends, in the caller's transaction: consent is theirs, and nobody inherits it. A no stays.

    Returns how many ended. They do not come back when it turns out to be wrong.
    """
    subject_locks.take_all_of(subject_ref)
    said = history.words(history.events_of(subject_ref))
    standing = [event for event in said if event.answer in YES]
    end_undo(subject_ref, said, way=Way.RESTED, actor=RESTING, at=at)  # nobody undoes a stop for the dead
    return end_all(subject_ref, standing, way=Way.RESTED, actor=RESTING, at=at)


def withdraw_everything(*, subject_ref: UUID, by_nominee: bool, actor: Actor, at: datetime) -> int:
    """Withdraw every yes of the person at their own wish or at that of their nominee, in the caller's transaction.

    A refusal that an undo could still end is refused again. Fills ``answers.withdraw_everything``. Returns how many.
    """
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        said = history.words(history.events_of(subject_ref))
        standing = [event for event in said if can_be_refused(event, at=at)]
        places = {(event.fiduciary_id, event.purpose, event.channel): event for event in standing}
        for (_fiduciary, purpose, channel), event in places.items():
            withdraw(
                subject_ref=subject_ref,
                fiduciary=event.fiduciary,
                purpose=purpose,
                channel=channel,
                way=Way.NOMINEE if by_nominee else Way.PAGE,
                actor=actor,
                now=at,
            )
    return len(standing)
