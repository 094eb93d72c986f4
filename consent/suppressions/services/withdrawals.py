"""Withdrawing consent, and stopping everything promotional. The undo of a stop is in ``undos``."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import NO, ONE_PRESS, YES
from consent.base.selectors.purposes import in_force_or_ended
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.selectors.client_addresses import NAMED
from consent.records.selectors.undos import can_be_undone, has_been_given
from consent.records.services import subject_locks
from consent.records.services.addresses import Address, address_of, addresses_by_channel, addresses_of
from consent.records.services.confirmations import Reply
from consent.records.services.consent_events import Choice, Evidence, Recorded, fiduciary_of, record_all
from consent.suppressions import selectors
from consent.suppressions.services import suppressions
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import MESSAGE_CHANNELS, Channel
from portal.kernel.law.models import Purpose
from portal.kernel.law.request_cache import remembering
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE

Said = dict[tuple[int, bytes, str, str], ConsentEvent]


@retried
def withdraw(
    *,
    subject_ref: UUID,
    fiduciary: str | Fiduciary = OWN_CODE,
    purpose: str,
    channel: Channel | str,
    way: Way | str,
    actor: Actor,
    occurred_at: datetime | None = None,
    address_kind: str = "",
    address: str = "",
    sender: str = "",
    evidence: Sequence[Evidence] = (),
    reply_to: Reply | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Withdraw a purpose on a channel at every address of the subject, and at ``address`` where that is another.

    One transaction: events, ledger entries, states, confirmation. From its commit on every decision says no. What the
    person had refused already is left as it is, so a STOP that arrives twice is harmless (DPDP s.6(4)-(6)), but for a
    refusal that an undo could still end: beside that one this one is recorded too. A consent that they gave after
    ``occurred_at``, by their own time, stays; an undo gives none. Any other that is being recorded at this instant is
    waited for, and withdrawn. Where they never consented the answer is a refusal, and no withdrawal. With a ``sender``, as
    registered, only its messages are refused; without one every sender's, also those that were consented to alone.
    """
    at = now or clock.now()
    said_at = occurred_at or at
    whose = fiduciary_of(fiduciary)
    named = (
        address_of(subject_ref=subject_ref, channel=str(channel), kind=address_kind, text=address) if address else None
    )
    with transaction.atomic(), remembering():
        subject_locks.take_all_of(subject_ref, at=[named] if named else [])
        said, of_senders = _words_of(subject_ref, whose, purpose, str(channel))
        places = _with_earlier(addresses_of(subject_ref, channel), said, purpose, str(channel), at=at)
        if named is not None and not any(set(named.keys) & set(place.keys) for place in places):
            places.append(named)
        agreed = _agreed_at(subject_ref, whose, purpose, str(channel), sender=sender)
        choices = []
        for place in places:
            before = find(said, place, purpose, str(channel))
            alone = [event for event in of_senders if bytes(event.address_key) in place.keys]
            if _says_something_new(before, alone, sender=sender, said_at=said_at, at=at):
                answer = Answer.DENIED if agreed.isdisjoint(place.keys) else Answer.WITHDRAWN
                proof = _proof(evidence, place, named)
                choices.append(Choice(place, purpose, str(channel), answer, notice_of(before), proof, sender=sender))
        return record_all(
            subject_ref=subject_ref,
            fiduciary=whose,
            choices=choices,
            way=Way(way),
            occurred_at=said_at,
            actor=actor,
            reply_to=reply_to,
            instructs=True,
            now=at,
        )


def _words_of(subject_ref: UUID, fiduciary: Fiduciary, purpose: str, channel: str) -> tuple[Said, list[ConsentEvent]]:
    """The person's latest words to a fiduciary, and those about single senders that are later than the word about all."""
    events = list(history.events_of(subject_ref).filter(fiduciary=fiduciary))
    alone = history.latest_of_senders(event for event in events if (event.purpose, event.channel) == (purpose, channel))
    return history.latest(events), alone


def _says_something_new(
    before: ConsentEvent | None, alone: Sequence[ConsentEvent], *, sender: str, said_at: datetime, at: datetime
) -> bool:
    """Whether a refusal says what neither the word about all senders says nor the later one about a single sender."""
    if sender:
        own = next((event for event in alone if event.sender == sender), None)
        if own is None and before is not None and before.answer in NO and said_at > before.occurred_at:
            return True  # a later consent to all senders would end the refusal of all, and not this one
        before, alone = own or before, ()
    is_open = _is_open(before, said_at) or (before is not None and can_be_undone(before, at=at))
    return is_open or any(event.answer in YES and _is_open(event, said_at) for event in alone)


def _agreed_at(subject_ref: UUID, fiduciary: Fiduciary, purpose: str, channel: str, *, sender: str) -> set[bytes]:
    """Where the person ever consented to it, by the lookup keys of the answers; to all senders, or to the one."""
    said = history.events_of(subject_ref).filter(fiduciary=fiduciary, purpose=purpose, channel=channel)
    if sender:
        said = said.filter(sender__in=("", sender))
    return {bytes(key) for key in said.filter(answer__in=YES).values_list("address_key", flat=True)}


@retried
def stop_all_promotional(
    *,
    subject_ref: UUID,
    fiduciary: str | Fiduciary = OWN_CODE,
    actor: Actor,
    way: Way | str = Way.STOP_ALL,
    occurred_at: datetime | None = None,
    named: Address | None = None,
    evidence: Sequence[Evidence] = (),
    reply_to: Reply | None = None,
    confirms: bool = True,
    again: bool = False,
    is_press: bool = False,
    now: datetime | None = None,
) -> Recorded:
    """Say no to every promotional purpose on every channel, at every address of the subject, under one receipt.

    Where there was a yes it is withdrawn; where nothing was said the answer is a plain no. The addresses are suppressed
    too (``consent.suppressions.services.suppressions``): the stop outlives the person and covers purposes that come later.
    ``occurred_at`` is when they said so, by their own time; ``named`` the address at which they did, the only one that a
    client's recipients hear of beside those it has to do with; ``confirms`` as for ``record_all``.

    Where each answer is a refusal already there are no events; what was not suppressed yet, or only by a stop that can
    still be undone, is suppressed now, under a receipt. ``again`` says that they stop another time than before: then all
    of it is recorded once more (``suppressions.alone``). With ``is_press``, a button was pressed: the same way within
    ``ONE_PRESS`` of a stop that has not been undone is still that one, whose receipt is given back, for a double click
    sends two requests that know nothing of each other.
    """
    at = now or clock.now()
    said_at = occurred_at or at
    whose = fiduciary_of(fiduciary)
    with transaction.atomic(), remembering():
        subject_locks.take_all_of(subject_ref, at=[named] if named else [])
        reached = addresses_by_channel(subject_ref)
        said, purposes = latest_of(subject_ref, whose), law.purposes_in_force(on=clock.day(at))
        choices = _noes(reached, said, purposes, evidence, named, said_at=said_at)
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=whose,
            choices=choices,
            way=Way(way),
            occurred_at=said_at,
            actor=actor,
            reply_to=reply_to,
            confirms=confirms,
            now=at,
        )
        stopped = [place for places in reached.values() for place in places]
        stopped += [place_of(event) for event in said.values() if can_be_undone(event, at=at)]
        if not choices and again and is_press:
            before = suppressions.latest_stop(subject_ref, whose, way=Way(way), since=at - ONE_PRESS)
            if before is not None:
                return Recorded(before, ())
        if not choices:
            receipt = suppressions.alone(
                subject_ref=subject_ref,
                fiduciary=whose,
                places=[*stopped, *([named] if named is not None else [])],
                way=Way(way),
                occurred_at=said_at,
                actor=actor,
                evidence=evidence,
                again=again,
                now=at,
            )
            return Recorded(receipt, ())
        places = [*stopped, *(choice.address for choice in choices)]
        suppressions.with_answers(done, places=places, occurred_at=said_at)
    return done


def all_promotion_stopped_since(
    subject_ref: UUID, fiduciary: str | Fiduciary = OWN_CODE, *, at: datetime
) -> datetime | None:
    """Since when a stop of everything promotional would say nothing new; None where it would. Reads only."""
    events = list(history.events_of(subject_ref).filter(fiduciary=fiduciary_of(fiduciary)))
    said, alone = history.latest(events), history.latest_of_senders(events)
    return stopped_since(addresses_by_channel(subject_ref), said, alone, law.purposes_in_force(on=clock.day(at)), at=at)


def stopped_since(
    reached: Mapping[str, Sequence[Address]],
    said: Said,
    alone: Iterable[ConsentEvent],
    purposes: Sequence[Purpose],
    *,
    at: datetime,
) -> datetime | None:
    """``all_promotion_stopped_since`` for a caller who knows where the person is reached, their words, and the purposes.

    ``alone``: their latest word about each single sender. Where one is a consent, that sender may still send.
    """
    if any(True for _place in _not_stopped(reached, said, purposes, at)):
        return None
    promotional = {purpose.code for purpose in purposes if purpose.is_promotional}
    if any(event.answer in YES and event.purpose in promotional for event in alone):
        return None
    noes = (event.occurred_at for event in said.values() if event.purpose in promotional and event.answer in NO)
    return max(noes, default=None)


def _noes(
    reached: Mapping[str, Sequence[Address]],
    said: Said,
    purposes: Sequence[Purpose],
    evidence: Sequence[Evidence],
    named: Address | None,
    *,
    said_at: datetime,
) -> list[Choice]:
    """A no to every promotional purpose on every channel where it says something new."""
    choices: list[Choice] = []
    for place, purpose, channel, before in _not_stopped(reached, said, purposes, said_at):
        answer = Answer.WITHDRAWN if before is not None and before.answer in YES else Answer.DENIED
        choices.append(Choice(place, purpose, channel, answer, notice_of(before), _proof(evidence, place, named)))
    return choices


def _not_stopped(
    reached: Mapping[str, Sequence[Address]], said: Said, purposes: Sequence[Purpose], said_at: datetime
) -> Iterator[tuple[Address, str, str, ConsentEvent | None]]:
    """Where a no to promotion would say something new: the place, the purpose's code, the channel and the last word there."""
    for purpose in purposes:
        if not purpose.is_promotional:
            continue
        for channel in MESSAGE_CHANNELS:
            for place in _with_earlier(list(reached[channel]), said, purpose.code, channel):
                before = find(said, place, purpose.code, channel)
                if _is_open(before, said_at):
                    yield place, purpose.code, str(channel), before


def _is_open(before: ConsentEvent | None, said_at: datetime) -> bool:
    """Whether a no of that instant says something new: not after a no, nor where the person has said yes since."""
    if before is None:
        return True
    return before.answer not in NO and not has_been_given(before, after=said_at)


def _proof(evidence: Sequence[Evidence], place: Address, named: Address | None) -> Sequence[Evidence]:
    """At the address that was named in the act this is evidence too: it may be spoken of to whom it was named to."""
    if named is None or not set(named.keys) & set(place.keys):
        return evidence
    return (*evidence, {"type": NAMED, "sha256": hashlib.sha256(place.key).hexdigest()})


def place_of(event: ConsentEvent) -> Address:
    """Where an answer was given, under the lookup key of its chain."""
    return Address(event.address_kind, (bytes(event.address_key),), is_verified=event.address_verified)


def latest_of(subject_ref: UUID, fiduciary: Fiduciary) -> Said:
    """The person's latest words to a fiduciary."""
    return history.latest(history.events_of(subject_ref).filter(fiduciary=fiduciary))


def find(said: Said, place: Address, purpose: str, channel: str) -> ConsentEvent | None:
    """The person's latest word at one place, under any of its lookup keys; None where they said nothing."""
    keys = set(place.keys)
    return next((e for (_f, key, p, c), e in said.items() if key in keys and p == purpose and c == channel), None)


def refusals_of(
    subject_ref: UUID,
    fiduciary: Fiduciary,
    wanted: Collection[tuple[str, str]],
    *,
    at: datetime,
    of_consents: bool = True,
) -> list[Choice]:
    """A refusal of each purpose and channel that is ``wanted``, wherever the person's last word is a consent, or a refusal
    that an undo could still end. At every address of theirs, one that they have left included. ``of_consents``: False
    leaves the consents as they are.
    """
    return [
        Choice(
            place_of(event),
            event.purpose,
            event.channel,
            Answer.WITHDRAWN if event.answer in YES else Answer(event.answer),
            notice_of(event),
        )
        for event in latest_of(subject_ref, fiduciary).values()
        if (event.purpose, event.channel) in wanted
        and can_be_refused(event, at=at)
        and (of_consents or event.answer not in YES)
    ]


def refusals_of_senders(subject_ref: UUID, fiduciary: Fiduciary, yeses: Sequence[Choice]) -> list[Choice]:
    """Each refusal of a single sender that these consents to all senders would end: said once more beside them. Reads only.

    The person saw that sender as stopped by itself when they consented to the others, so only consent to it allows it again.
    """
    of_all = [choice for choice in yeses if choice.answer in YES and not choice.sender]
    if not of_all:
        return []
    every = list(history.events_of(subject_ref).filter(fiduciary=fiduciary))
    said = history.latest_of_senders(every)
    found = [
        Choice(
            choice.address, event.purpose, event.channel, Answer(event.answer), notice_of(event), sender=event.sender
        )
        for choice in of_all
        for event in said
        if event.answer in NO
        and (event.purpose, event.channel) == (choice.purpose, choice.channel)
        and bytes(event.address_key) in choice.address.keys
    ]
    return [*found, *_stopped_senders(fiduciary, of_all, every, found)]


def _stopped_senders(
    fiduciary: Fiduciary, yeses: Sequence[Choice], every: Sequence[ConsentEvent], known: Sequence[Choice]
) -> Iterator[Choice]:
    """The same of senders whose messages were stopped at the address (a STOP narrowed to the header it was sent to)."""
    keys = {key for choice in yeses for key in choice.address.keys}
    narrowed = [row for row in selectors.at_addresses(keys, fiduciary=fiduciary.pk, narrowed=True) if row.header]
    done = {(choice.address.key, choice.purpose, choice.channel, choice.sender) for choice in known}
    for choice in yeses:
        if not narrowed or not in_force_or_ended(choice.purpose, on=clock.day(clock.now())).is_promotional:
            continue
        for row in narrowed:
            place = (choice.address.key, choice.purpose, choice.channel, row.header)
            covers = row.covers(purpose=choice.purpose, channel=choice.channel)
            if place in done or not covers or bytes(row.address_key) not in choice.address.keys:
                continue
            later = (
                event.sender in {"", row.header} and event.answer in YES and event.occurred_at > row.suppressed_at
                for event in every
                if (event.purpose, event.channel) == (choice.purpose, choice.channel)
                and bytes(event.address_key) in choice.address.keys
            )
            if not any(later):
                done.add(place)
                yield Choice(choice.address, choice.purpose, choice.channel, Answer.DENIED, sender=row.header)


def can_be_refused(event: ConsentEvent, *, at: datetime) -> bool:
    """Whether a refusal that the person states now says something that this last word of theirs does not."""
    return event.answer in YES or can_be_undone(event, at=at)


def _with_earlier(
    places: list[Address], said: Said, purpose: str, channel: str, *, at: datetime | None = None
) -> list[Address]:
    """The places, and where the person consented before, or refused in a way that an undo could end ``at`` an instant."""
    known = {key for place in places for key in place.keys}
    for event in said.values():
        key = bytes(event.address_key)
        if event.purpose != purpose or event.channel != channel or key in known:
            continue
        if event.answer in YES or (at is not None and can_be_undone(event, at=at)):
            places.append(place_of(event))
            known.add(key)
    return places


def notice_of(event: ConsentEvent | None) -> NoticeText | None:
    """The text that the earlier answer was about: what is withdrawn is the yes to that."""
    if event is None or event.notice_version is None:
        return None
    return event.notice_version.texts.filter(sha256=event.notice_sha256).first()
