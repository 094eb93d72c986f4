"""A yes by key press during a call."""

import re
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentEvent, NoticeText
from consent.services.addresses import address_of
from consent.services.evidence import CALL, PROMPT, reference, words
from consent.services.recording import Choice, fiduciary_of, record_all, take_turns
from consent.states import Answer, Way
from portal.core import addresses, clock
from portal.core.actor import Actor
from portal.core.errors import Refused
from portal.law.states import Channel
from portal.people.models import Fiduciary
from portal.people.models.fiduciaries import OWN_CODE

#: The reference of a call as a telephone system gives it. One of digits alone may be somebody's number.
REFERENCE = re.compile(r"(?=.*[A-Za-z-])[A-Za-z0-9][A-Za-z0-9._:-]{3,63}")
_KEY = re.compile(r"[0-9*#]")


def answered_by_key(
    *,
    subject_ref: UUID,
    number: str,
    purpose: str,
    channel: Channel | str = Channel.VOICE,
    key: str,
    prompt: str,
    language: str,
    notice: NoticeText,
    call_reference: str,
    occurred_at: datetime,
    actor: Actor,
    fiduciary: str | Fiduciary = OWN_CODE,
    now: datetime | None = None,
) -> ConsentEvent:
    """Record the yes that a key meant, with the prompt as it was played and the call; returns the event.

    One transaction. The prompt's text is kept, and event and leaf name its hash, so that nobody has to believe what the
    key stood for (DPDP s.6(1), s.6(10)). The same call about the same purpose again gives the first event. Raises
    Refused without a prompt, for what is no key or no reference of a call, and as ``recording.record_all``.
    """
    if not prompt.strip():
        raise Refused(_("Give the words that were played before the key was pressed."), code="PROMPT_MISSING")
    if not _KEY.fullmatch(key):
        raise Refused(_("Give the key that was pressed: a digit, * or #."), code="NO_KEY")
    if not REFERENCE.fullmatch(call_reference):
        raise Refused(
            _("Give the reference of the call: 4 to 64 letters, digits and hyphens, no telephone number."),
            code="CALL_REFERENCE",
        )
    at = now or clock.now()
    whose = fiduciary_of(fiduciary)
    place = address_of(subject_ref=subject_ref, channel=str(channel), kind=addresses.PHONE, text=number)
    with transaction.atomic():
        take_turns([place])
        known = ConsentEvent.objects.filter(
            evidence__kind=CALL, evidence__reference=call_reference, fiduciary=whose, purpose=purpose, channel=channel
        ).first()
        if known is not None:
            return known
        pieces = (
            words(PROMPT, f"{prompt.strip()}\n[{key}]", language=language, at=at),
            reference(CALL, call_reference),
        )
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=whose,
            choices=[Choice(place, purpose, str(channel), Answer.GIVEN, notice, pieces)],
            way=Way.VOICE,
            occurred_at=occurred_at,
            actor=actor,
            now=at,
        )
    return done.events[0]
