"""A yes by key press during a call."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.selectors.notices import notices_for
from consent.collection.services.client_consents import person_at, require_rest_is_over
from consent.records.models.events import ConsentEvent
from consent.records.services import subject_locks
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, fiduciary_of, record_all
from consent.records.services.evidence import CALL, PROMPT, reference, words
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE

#: The reference of a call as a telephone system gives it. One of digits alone may be somebody's number.
REFERENCE = re.compile(r"(?=.*[A-Za-z-])[A-Za-z0-9][A-Za-z0-9._:-]{3,63}")
_KEY = re.compile(r"[0-9*#]")


@retried
def answered_by_key(
    *,
    subject_ref: UUID,
    number: str,
    purpose: str,
    channel: Channel | str = Channel.VOICE,
    key: str,
    prompt: str,
    language: str,
    notice: NoticeText | None,
    call_reference: str,
    occurred_at: datetime,
    actor: Actor,
    fiduciary: str | Fiduciary = OWN_CODE,
    now: datetime | None = None,
) -> ConsentEvent:
    """Record the yes that a key meant, with the prompt as it was played and the call; returns the event.

    One transaction. The prompt's text is kept, and event and leaf name its hash, so that nobody has to believe what the
    key stood for (DPDP s.6(1), s.6(10)). That it was pressed is the word of the system that tells of it, our own too: after
    a no it is refused as any other yes that a system tells of. Without ``notice`` it is the word of a client's system about its own recipient,
    with the prompt for proof. The same call about the same purpose at the same number again gives the first event. Raises
    Refused without a prompt, for what is no key or no reference of a call, so soon after a no that nobody may have asked
    (TOO_SOON_AFTER_NO), and as ``consent_events.record_all``; NotFound for a purpose that is not in force.
    """
    if not prompt.strip():
        raise Refused(_("Give the words that were played before the key was pressed."), code="PROMPT_MISSING")
    if not _KEY.fullmatch(key):
        raise Refused(_("Give the key that was pressed: a digit, * or #."), code="NO_KEY")
    if not REFERENCE.fullmatch(call_reference):
        raise Refused(
            _("Give the reference of the call: 4 to 64 letters, digits and hyphens, no phone number."),
            code="CALL_REFERENCE",
        )
    at = now or clock.now()
    whose = fiduciary_of(fiduciary)
    meant = law.purpose(purpose, on=clock.day(at))
    place = address_of(subject_ref=subject_ref, channel=str(channel), kind=addresses.PHONE, text=number)
    with transaction.atomic():
        subject_locks.take([place], by=subject_ref)
        known = ConsentEvent.objects.filter(
            evidence__kind=CALL,
            evidence__reference=call_reference,
            fiduciary=whose,
            address_key__in=place.keys,
            purpose=purpose,
            channel=channel,
        ).first()
        if known is not None:
            return known
        require_rest_is_over(subject_ref, place.keys, meant, str(channel), whose=whose, occurred_at=occurred_at)
        pieces = (
            words(PROMPT, f"{prompt.strip()}\n[{key}]", language=language, at=at),
            reference(CALL, call_reference),
        )
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=whose,
            choices=[Choice(place, purpose, str(channel), Answer.GIVEN, notice, pieces)],
            way=Way.VOICE if notice is not None else Way.API,
            occurred_at=occurred_at,
            actor=actor,
            now=at,
        )
    return done.events[0]


@dataclass(frozen=True)
class Pressed:
    """What a telephone system tells of one key press. ``language`` is that of the prompt."""

    number: str
    purpose: str
    channel: str
    key: str
    prompt: str
    language: str
    call_reference: str
    occurred_at: datetime


@retried
def told_by_system(*, fiduciary: str, pressed: Pressed, actor: Actor, now: datetime) -> ConsentEvent:
    """Record the key press that a fiduciary's own system tells of, for whoever is reached at the number, in one transaction.

    For our own purposes the notice in force on that day belongs to it, in the language of the prompt; a client's system
    vouches for its own. Raises as ``answered_by_key``, and Refused where our notice is not published.
    """
    whose = fiduciary_of(fiduciary)
    plain = addresses.normalise(addresses.PHONE, pressed.number)
    notice = None
    if whose.is_self:
        on = clock.day(pressed.occurred_at)
        notice = notices_for([pressed.purpose], on=on, language=pressed.language).get(pressed.purpose)
        if notice is None:
            raise Refused(_("A consent needs the published notice that was shown."), code="NOTICE_MISSING")
    with transaction.atomic():
        return answered_by_key(
            subject_ref=person_at(whose, addresses.PHONE, plain, actor=actor, now=now),
            number=plain,
            purpose=pressed.purpose,
            channel=pressed.channel,
            key=pressed.key,
            prompt=pressed.prompt,
            language=pressed.language,
            notice=notice,
            call_reference=pressed.call_reference,
            occurred_at=pressed.occurred_at,
            actor=actor,
            fiduciary=whose,
            now=now,
        )
