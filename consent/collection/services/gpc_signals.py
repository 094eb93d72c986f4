"""What a browser says for its owner: Sec-GPC ("do not sell or share") is a no to what the law lets a person opt out of."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import NO, YES
from consent.base.selectors.contact_rulebook import rulebook
from consent.decisions.services.contact_decisions import may_process
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.services import subject_locks
from consent.records.services.addresses import addresses_of
from consent.records.services.consent_events import Choice, Recorded, fiduciary_of, record_all
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.law.choices import Channel, LawfulBasis, Regime
from portal.kernel.law.models import Purpose
from portal.kernel.people.models.fiduciaries import OWN_CODE


@retried
def honour(*, subject_ref: UUID, actor: Actor, now: datetime | None = None) -> Recorded:
    """Record the signal as a no to each purpose that it is about, once, under one receipt (CCPA regulations 7025).

    Also what the person had refused by their own hand: only a signal that is on record tells later that a yes came after
    it. Such a yes was meant and stays, and nobody asks to turn the signal off.
    """
    return _refuse(subject_ref, Way.GPC, actor, now or clock.now())


@retried
def opt_out(*, subject_ref: UUID, actor: Actor, now: datetime | None = None) -> Recorded:
    """Record the person's own wish, in a request, as a no to each purpose that the signal is about (CCPA 1798.120, .121).

    It holds at once, also after a yes: it is the person's last word. What was refused already stays as it is.
    """
    return _refuse(subject_ref, Way.PAGE, actor, now or clock.now())


def _refuse(subject_ref: UUID, way: Way, actor: Actor, at: datetime) -> Recorded:
    """A no to each purpose that one may opt out of, under one receipt, in one transaction."""
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        choices = []
        for purpose in rulebook(at).asked:
            if not is_meant(purpose):
                continue
            last = _last(subject_ref, purpose)
            if last is not None and (_was_heard_before(last) if way == Way.GPC else last.answer in NO):
                continue
            answer = Answer.WITHDRAWN if last is not None and last.answer in YES else Answer.DENIED
            choices += [
                Choice(place, purpose.code, str(Channel.NONE), answer)
                for place in addresses_of(subject_ref, Channel.NONE)
            ]
        return record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary_of(OWN_CODE),
            choices=choices,
            way=way,
            occurred_at=at,
            actor=actor,
            now=at,
        )


def stands_against(subject_ref: UUID, *, at: datetime) -> list[Purpose]:
    """Of what the signal is about, that to which the person's own yes came after it, and counts. Reads only."""
    return [
        purpose
        for purpose in rulebook(at).asked
        if is_meant(purpose) and may_process(subject=subject_ref, purpose=purpose.code, at=at).allowed
    ]


def is_meant(purpose: Purpose) -> bool:
    """Whether the signal is about a purpose: processing that is no message, which California lets people opt out of."""
    return not purpose.sends_messages and purpose.basis(Regime.US_CA) == LawfulBasis.NOTICE_AND_OPT_OUT


def _last(subject_ref: UUID, purpose: Purpose) -> ConsentEvent | None:
    said = history.events_of(subject_ref).filter(
        fiduciary__code=OWN_CODE, purpose=purpose.code, channel=str(Channel.NONE)
    )
    return max(said, key=lambda event: (event.occurred_at, event.answer not in YES, event.pk), default=None)


def _was_heard_before(last: ConsentEvent) -> bool:
    """Whether the last word is of somebody whose signal is on record. A yes that has ended is no word any more."""
    heard = history.events_of(last.subject_ref).filter(
        purpose=last.purpose, way=Way.GPC, occurred_at__lte=last.occurred_at
    )
    return last.answer in YES | NO and heard.exists()
