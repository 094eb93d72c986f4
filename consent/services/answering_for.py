"""A parent or guardian, signed in, answers for a person: yes or no to what is asked, and withdrawing what was agreed to.

Two of our people saw identity, age and relation when the first answer was taken (``taking``): these are the reliable
details that we hold (DPDP r.10(1)(a)), and each later answer says so.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.models.events import ConsentEvent
from consent.rules.fold import YES
from consent.selectors import history
from consent.selectors.undos import can_be_undone
from consent.selectors.wards import Ward, agreed_for, has_ended
from consent.services import asking, guarding, turns
from consent.services.asking import Answered
from consent.services.guarding import Guardian
from consent.services.recording import Recorded
from consent.services.withdrawing import withdraw
from consent.states import AppointedBy, Relation, ShownBy, Way
from portal.core.actor import Actor
from portal.core.errors import NotFound, Refused
from portal.core.turns import retried
from portal.law.states import Channel
from portal.people import selectors as people


@retried
def answer(
    *,
    ward: Ward,
    answers: Mapping[str, Answered],
    shown: Mapping[str, str],
    language: str,
    actor: Actor,
    now: datetime,
    late: Mapping[str, bool] | None = None,
) -> Recorded:
    """Record what the guardian answered, in one transaction and under one receipt. Raises as ``asking.answer``.

    ``late`` is what the form says about questions that are not open any more, True for a yes: of a yes Refused says so,
    a no withdraws what was agreed to in another window meanwhile, each under a receipt of its own.

    Raises Refused (``guarding.require_fit``) when the person answers alone by now, or the guardian's standing has ended.
    """
    with transaction.atomic():
        # The turn that ending a standing takes too: an answer never begins anew what ended a moment before.
        turns.take_all_of(ward.subject_ref)
        if has_ended(ward.last):
            raise Refused(_("You answer for this person no more."), code="STANDING_ENDED")
        guardian = _as_guardian(ward)
        protection = people.protection_of(ward.subject_ref, at=now)
        guarding.require_fit(guardian, protection, subject_ref=ward.subject_ref, at=now)
        if any((late or {}).values()):
            raise Refused(_("One of these questions was answered already. Look at the page again."), code="NOT_OPEN")
        refused = Recorded(None, ())
        # One withdrawal covers every address: a yes at two addresses of a channel is taken back once.
        agreed = {
            (event.purpose, event.channel): event for event in agreed_for(ward, at=now) if event.fiduciary.is_self
        }
        said = history.latest(history.events_of(ward.subject_ref)).values()
        agreed |= {
            (event.purpose, event.channel): event
            for event in said
            if event.fiduciary.is_self and can_be_undone(event, at=now)
        }
        for event in agreed.values():
            if event.purpose in (late or {}):
                refused = _take_back(ward, event, actor, now)
        if refused.receipt is not None and not answers:
            return refused
        return asking.answer(
            subject_ref=ward.subject_ref,
            answers=answers,
            shown=shown,
            actor=actor,
            language=language,
            way=Way.GUARDIAN,
            guardian=guardian,
            now=now,
        )


def take_back(*, ward: Ward, event_id: int, actor: Actor, now: datetime) -> Recorded:
    """Withdraw one yes of the person, at every address of theirs, in one transaction. Raises NotFound for any other.

    One that a stop ended, as long as that stop can be undone, is withdrawn all the same.
    """
    return _take_back(ward, _agreed(ward, event_id, now), actor, now)


def _take_back(ward: Ward, event: ConsentEvent, actor: Actor, now: datetime) -> Recorded:
    return withdraw(
        subject_ref=ward.subject_ref,
        fiduciary=event.fiduciary,
        purpose=event.purpose,
        channel=Channel(event.channel),
        way=Way.GUARDIAN,
        actor=actor,
        now=now,
    )


def _agreed(ward: Ward, event_id: int, now: datetime) -> ConsentEvent:
    found = next((event for event in agreed_for(ward, at=now) if event.pk == event_id), None)
    if found is None:
        found = _stopped(ward, event_id, now)
    if found is None:
        raise NotFound("There is no such yes.")
    return found


def _stopped(ward: Ward, event_id: int, now: datetime) -> ConsentEvent | None:
    """A consent from before a stop that can still be undone: the guardian's withdrawal of it ends the undo."""
    said = history.events_of(ward.subject_ref)
    given = said.filter(pk=event_id, answer__in=YES).first()
    place = {"purpose": given.purpose, "channel": given.channel, "fiduciary": given.fiduciary_id} if given else {}
    last = history.latest(said.filter(**place)).values() if given is not None else ()
    return given if any(can_be_undone(event, at=now) for event in last) else None


def _as_guardian(ward: Ward) -> Guardian:
    last = ward.last
    return Guardian(
        last.guardian_ref,
        Relation(last.relation),
        ShownBy.HELD,
        ShownBy.HELD,
        AppointedBy(last.appointed_by) if last.appointed_by else "",
    )
