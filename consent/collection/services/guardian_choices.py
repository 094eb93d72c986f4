"""A parent or guardian, signed in, answers for a person: yes or no to what is asked, and withdrawing what was agreed to.

Two of our people saw identity, age and relation when the first answer was taken (``taking``): these are the reliable
details that we hold (DPDP r.10(1)(a)), and each later answer says so.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AppointedBy, Relation, ShownBy, Way
from consent.base.rules.status_fold import YES
from consent.prompts.services import consent_prompts
from consent.prompts.services.consent_prompts import Answered
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.selectors.guardianships import Ward, agreed_for, has_ended
from consent.records.selectors.undos import can_be_undone
from consent.records.services import guardian_consents, subject_locks
from consent.records.services.consent_events import Recorded
from consent.records.services.guardian_consents import Guardian
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people


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
    """Record what the guardian answered, in one transaction and under one receipt. Raises as ``consent_prompts.answer``.

    ``late`` is what the form says about questions that are not open any more, True for a yes: of a yes Refused says so,
    a no withdraws what was agreed to in another window meanwhile, each under a receipt of its own.

    Raises Refused (``guardian_consents.require_fit``) when the person answers alone by now, or the guardian's standing has ended.
    """
    with transaction.atomic():
        # The turn that ending a standing takes too: an answer never begins anew what ended a moment before.
        subject_locks.take_all_of(ward.subject_ref)
        if has_ended(ward.last):
            raise Refused(_("You no longer decide for this person."), code="STANDING_ENDED")
        guardian = _as_guardian(ward)
        protection = people.protection_of(ward.subject_ref, at=now)
        guardian_consents.require_fit(guardian, protection, subject_ref=ward.subject_ref, at=now)
        if any((late or {}).values()):
            raise Refused(_("One of these questions was answered already. Load the page again."), code="NOT_OPEN")
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
        return consent_prompts.answer(
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
        raise NotFound("Consent not found.")
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
