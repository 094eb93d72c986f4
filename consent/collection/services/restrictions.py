"""Restriction and objection: every use that waits for a person's word, or that they may object to, ends at their wish.

Fills ``answers.use_stopped``. What is left rests on a law or on a contract with the person (GDPR Arts 18, 21; DPDP s.6(4)).
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import NO, YES
from consent.collection.services.incapacity_effects import withdraw_everything
from consent.preferences.services import preferences
from consent.records.services import subject_locks
from consent.records.services.addresses import addresses_of
from consent.records.services.consent_events import Choice, fiduciary_of, record_all
from consent.suppressions.services.withdrawals import find, latest_of, notice_of, stop_all_promotional
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.time_range import LATEST
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import MESSAGE_CHANNELS, Channel, LawfulBasis
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import OWN_CODE

#: The pause of a restriction ends when the person says so; another last day than that of a person at rest, whose end
#: must not end this one.
RESTRICTED_UNTIL = datetime.combine(LATEST - timedelta(days=1), time(), tzinfo=clock.IST)
#: What a person may say no to: there is no law or contract behind it.
MAY_OBJECT = frozenset({LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.NOTICE_AND_OPT_OUT})


@retried
def stop_every_use(*, subject_ref: UUID, is_restricted: bool, actor: Actor, at: datetime) -> None:
    """Withdraw every yes, stop everything promotional, and say no to each other use that may be objected to, in one transaction.

    ``is_restricted``: the person's messages that wait for nobody's word are paused too, until they lift the pause, so that
    a later yes at a shared address sends them nothing. Doing it again changes nothing.
    """
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        stop_all_promotional(subject_ref=subject_ref, actor=actor, way=Way.PAGE, now=at)
        withdraw_everything(subject_ref=subject_ref, by_nominee=False, actor=actor, at=at)
        record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary_of(OWN_CODE),
            choices=_noes(subject_ref, at),
            way=Way.PAGE,
            occurred_at=at,
            actor=actor,
            now=at,
        )
        wishes = preferences.wishes_of(subject_ref)
        if is_restricted and (wishes.paused_until is None or wishes.paused_until < RESTRICTED_UNTIL):
            paused = replace(wishes, paused_until=RESTRICTED_UNTIL)
            preferences.change(subject_ref=subject_ref, wishes=paused, actor=actor, now=at)


def _noes(subject_ref: UUID, at: datetime) -> list[Choice]:
    said = latest_of(subject_ref, fiduciary_of(OWN_CODE))
    choices = []
    for purpose in law.purposes_in_force(on=clock.day(at)):
        if purpose.is_promotional or not _may_object(purpose, subject_ref):
            continue
        for channel in MESSAGE_CHANNELS if purpose.sends_messages else (Channel.NONE,):
            for place in addresses_of(subject_ref, channel):
                last = find(said, place, purpose.code, str(channel))
                if last is not None and last.answer in NO:
                    continue
                answer = Answer.WITHDRAWN if last is not None and last.answer in YES else Answer.DENIED
                choices.append(Choice(place, purpose.code, str(channel), answer, notice_of(last)))
    return choices


def _may_object(purpose: Purpose, subject_ref: UUID) -> bool:
    """Under every law that protects the person; one that states no basis allows nothing anyway."""
    bases = {purpose.basis(regime) for regime in people.regimes_of(subject_ref)} - {None}
    return bool(bases) and bases <= MAY_OBJECT
