"""Messages that come in: a STOP lands where every withdrawal lands, a sentence becomes a grievance, a START brings the question."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from consent.base.choices import Way
from consent.base.selectors.notices import notices_for
from consent.collection.models.inbound_replies import InboundMessage
from consent.collection.rules import keywords
from consent.collection.rules.keywords import Effect, Meaning
from consent.records.models.events import ConsentReceipt
from consent.records.selectors.preferences import preference_of
from consent.records.services import confirmations
from consent.records.services.confirmations import Reply
from consent.suppressions.services import one_click_unsubscribe
from consent.suppressions.services.address_opt_outs import holder_of, stop_at_address
from portal.kernel.core import actor as actors
from portal.kernel.core import addresses, answers, clock
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import PortalError
from portal.kernel.law import selectors as law
from portal.kernel.law.channels import DESCRIPTIONS, answered_on
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import post
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.people.services import subjects
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services.senders import note_inbound

RECEIVER: Final = actors.system("consent.inbound")
#: The keys that stop promotion in a call, as the prompts say: a promise of the house.
STOP_KEYS_RULE: Final = "consent.stop_keys"
TEXT, KEY_PRESS, MISSED_CALL = "text", "key_press", "missed_call"
_STOPS: Final = frozenset({Effect.STOP, Effect.STOP_AND_GRIEVANCE})


@dataclass(frozen=True)
class Inbound:
    """One message as a gateway tells it. ``name`` is the gateway's own; ``to`` the header, number or code written to."""

    name: str
    channel: Channel
    sender: str = field(repr=False)
    to: str
    text: str = field(default="", repr=False)
    kind: str = TEXT
    answers: str = ""
    said_at: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """Counts: messages taken now, known ones, and those of no number we can read."""

    new: int = 0
    known: int = 0
    unreadable: int = 0


def take(messages: Iterable[Inbound], *, now: datetime | None = None) -> Taken:
    """Take each message once, in a transaction of its own. The same message again changes nothing.

    A STOP withdraws everything promotional of the fiduciary that was written to, for the person who holds the number, or
    suppresses the number where nobody or more than one does; each that is said is answered, also where all of it was
    stopped before. START lifts nothing. A sentence
    becomes a grievance. No text is kept here, and of the number a keyed hash.
    """
    at = now or clock.now()
    new = known = unreadable = 0
    for message in messages:
        try:
            number = addresses.normalise(addresses.PHONE, message.sender)
        except PortalError:
            unreadable += 1
            continue
        if _take_one(message, number, at):
            new += 1
        else:
            known += 1
    return Taken(new, known, unreadable)


@retried
def _take_one(message: Inbound, number: str, now: datetime) -> bool:
    key = hashlib.sha256(f"{message.channel}:{message.name}".encode()).hexdigest()
    if InboundMessage.objects.filter(key=key).exists():
        return False
    try:
        with transaction.atomic():
            _act(message, number, key, now)
    except IntegrityError:  # another worker takes the same message in this instant
        if InboundMessage.objects.filter(key=key).exists():
            return False
        raise
    return True


def _act(message: Inbound, number: str, key: str, now: datetime) -> None:
    # Another machine's clock: never in the future.
    said_at = min(message.said_at or now, now)
    fiduciary, header = _written_to(message, number, said_at)
    principal = holder_of(addresses.PHONE, number)
    meaning = _meaning(message, header, said_at)
    language = _language(meaning, principal)
    receipt, grievance = None, ""
    note_inbound(fiduciary=fiduciary, address_key=addresses.address_key(number), channel=message.channel, at=said_at)
    if meaning.effect in _STOPS:
        receipt = _stop(message, number, key, meaning, fiduciary, header=header, language=language, at=said_at, now=now)
    if meaning.effect in {Effect.GRIEVANCE, Effect.STOP_AND_GRIEVANCE}:
        grievance = answers.inbound_grievance.ask(
            key=key,
            fiduciary=fiduciary.code,
            channel=str(message.channel),
            address=number,
            sender=header or message.to[:80],
            text=message.text,
            language=language,
            principal=principal,
            actor=RECEIVER,
            at=now,
        )
    if meaning.effect is Effect.START:
        _bring_question(message, number, key, fiduciary, principal, language=language, now=now)
    InboundMessage.objects.create(
        key=key,
        channel=message.channel,
        address_key=addresses.address_key(number),
        fiduciary=fiduciary,
        header=header,
        effect=str(meaning.effect),
        keyword=meaning.word[:24],
        language=language,
        is_known=principal is not None,
        receipt=receipt,
        grievance=grievance,
        said_at=said_at,
        received_at=now,
    )


def _meaning(message: Inbound, header: str, at: datetime) -> Meaning:
    if message.kind == MISSED_CALL:
        is_stop = senders.opt_out_owner(number=message.to, at=at) is not None
        return Meaning(Effect.STOP, MISSED_CALL) if is_stop else Meaning(Effect.NOTHING)
    if message.kind == KEY_PRESS:
        rule = law.house_rule(STOP_KEYS_RULE, on=clock.day(at))
        return keywords.pressed(message.text, stop_keys=[str(value) for value in rule.values])
    return keywords.read(message.text, sender=header)


def _written_to(message: Inbound, number: str, at: datetime) -> tuple[Fiduciary, str]:
    """Whose sender was written to, and it in its registered form; else whose message was answered; else ours."""
    if message.kind == MISSED_CALL:
        owner = senders.opt_out_owner(number=message.to, at=at)
    else:
        owner = senders.owner_of(channel=message.channel, sender=message.to, at=at)
    if owner is not None:
        return owner, senders.normal_header(message.channel, message.to)[0] if message.kind == TEXT else ""
    code = _fiduciary_of_last(message, number)
    return Fiduciary.objects.filter(code=code).first() or Fiduciary.objects.get(code=OWN_CODE), ""


def _fiduciary_of_last(message: Inbound, number: str) -> str:
    """Of the message that was answered, if it went to this number; else of the last one to it on the channel."""
    sent = Message.objects.filter(
        destination__address_key__in=addresses.address_keys(number), channel=message.channel, sent_at__isnull=False
    )
    answered = sent.filter(reference=message.answers).first() if message.answers else None
    last = answered or sent.order_by("-sent_at").first()
    return last.fiduciary if last is not None else OWN_CODE


def _language(meaning: Meaning, principal: Principal | None) -> str:
    """Of the word that was used; else the person's own."""
    if meaning.language:
        return meaning.language
    if principal is None:
        return "en"
    wished = preference_of(people.refs_of(principal.subject.ref))
    return wished.language if wished else principal.language


def _stop(
    message: Inbound,
    number: str,
    key: str,
    meaning: Meaning,
    fiduciary: Fiduciary,
    *,
    header: str,
    language: str,
    at: datetime,
    now: datetime,
) -> ConsentReceipt | None:
    """Stop, and answer: on the channel, a call by SMS. Each message is a saying of its own, whatever was stopped before."""
    return stop_at_address(
        kind=addresses.PHONE,
        address=number,
        fiduciary=fiduciary,
        way=Way.MISSED_CALL if message.kind == MISSED_CALL else Way(DESCRIPTIONS[message.channel].reply),
        actor=RECEIVER,
        occurred_at=at,
        evidence={"type": "inbound_message", "sha256": key},
        reply_to=Reply(Channel(answered_on(message.channel)), number, language),
        channel=str(message.channel),
        header=header if meaning.only_here else "",
        again=True,
        now=now,
    )


def _bring_question(
    message: Inbound,
    number: str,
    key: str,
    fiduciary: Fiduciary,
    principal: Principal | None,
    *,
    language: str,
    now: datetime,
) -> None:
    """Send the way to the question and its notice. The person asked: no rest of ours forbids the answer."""
    day = clock.day(now)
    promotional = [purpose.code for purpose in law.purposes_in_force(on=day) if purpose.is_promotional]
    if not notices_for(promotional, on=day, language=language):
        return  # nothing may be asked yet
    subject_ref = principal.subject.ref if principal is not None else subjects.new(SubjectKind.STRANGER, now=now).ref
    post(
        kind="consent.question",
        subject_ref=subject_ref,
        channel=Channel(answered_on(message.channel)),
        address=number,
        language=language,
        purpose=confirmations.PURPOSE,
        about=f"consent.inbound:{key[:32]}",
        context={
            "fiduciary": fiduciary.name,
            "url": f"{settings.SITE_URL}/privacy/preferences/?for={one_click_unsubscribe.mark_of(fiduciary)}",
        },
        fiduciary=fiduciary.code,
        only_here=True,
    )
