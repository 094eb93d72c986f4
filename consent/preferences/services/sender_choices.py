"""What a person chooses for one sender of a company (header, number or code), beside what holds for all of its senders."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import NO, YES
from consent.base.selectors.contact_rulebook import rulebook
from consent.base.selectors.notices import notices_for
from consent.base.selectors.purposes import in_force_or_ended, is_closed_to_children
from consent.records.models.events import ConsentEvent
from consent.records.models.suppressions import Suppression
from consent.records.selectors import history, sender_consents
from consent.records.services import opt_in_confirmation, subject_locks
from consent.records.services.addresses import Address, addresses_by_channel, addresses_of
from consent.records.services.consent_events import Choice, Recorded, fiduciary_of, record_all
from consent.suppressions import selectors
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.choices import CHOSEN, Channel
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer as Proposed
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.selectors import senders

#: The channel of each kind of sender that messages come from.
_CHANNEL_OF: Final[Mapping[str, str]] = {
    str(kind): str(channel) for channel, kinds in SENDERS_OF_CHANNEL.items() for kind in kinds
}


@dataclass(frozen=True)
class SenderChoice:
    """What counts of one sender for one purpose.

    ``said`` is the person's latest word that is about the sender: about it alone, or about all senders of the company.
    ``stop`` stopped promotion at the address after it. ``notice`` is the text that consent would agree to; None where the
    sender may not be allowed, since it is not registered for the purpose or the purpose is not asked for.
    """

    purpose: Purpose
    channel: str
    sender: str
    said: ConsentEvent | None = None
    stop: Suppression | None = None
    notice: NoticeText | None = None
    #: The person's consent is in force, and nothing at the address is against it.
    is_allowed: bool = False
    #: Somebody else who uses the address refused.
    is_blocked: bool = False
    #: The consent does not count before the person has confirmed the address.
    waits: bool = False

    @property
    def value(self) -> str:
        """As forms and addresses name it."""
        return f"{self.purpose.code}:{self.channel}:{self.sender}"

    @property
    def is_of_one(self) -> bool:
        """Whether what counts was said about this sender alone."""
        if self.stop is not None:
            return bool(self.stop.header)
        return self.said is not None and bool(self.said.sender)

    @property
    def can_be_allowed(self) -> bool:
        return self.notice is not None and not (self.is_allowed or self.waits or self.is_blocked)

    @property
    def can_be_stopped(self) -> bool:
        """Whether a refusal would say something that is not said yet."""
        if self.said is None:
            return self.stop is None
        return self.said.answer not in NO


@dataclass(frozen=True)
class OfferedSender:
    """One sender with its purposes. ``row`` is its entry in the register; None where it is registered no more."""

    value: str
    channel: str
    row: Sender | None
    choices: tuple[SenderChoice, ...] = field(default=())

    @property
    def kind(self) -> str:
        """What it is, in the reader's language."""
        return str(self.row.get_kind_display() if self.row is not None else Channel(self.channel).label)


def offered(
    subject_ref: UUID, *, at: datetime, language: str = "en", fiduciary: str | Fiduciary = OWN_CODE
) -> tuple[OfferedSender, ...]:
    """Each sender of the company that the person may stop or allow by itself, with what counts now. Reads only.

    Listed are the senders registered for messages that people choose about, on channels on which we reach the person, and
    those that the person answered about before. As many statements for a hundred senders as for one.
    """
    whose = fiduciary_of(fiduciary)
    page = _Page(subject_ref, whose, at, language)
    rows = senders.in_force(Sender.objects.filter(fiduciary=whose, kind__in=_CHANNEL_OF), at=at)
    found = {(_CHANNEL_OF[row.kind], row.value): row for row in rows.order_by("kind", "value")}
    named = {(event.channel, event.sender): None for event in page.alone}
    places = {**{place: found.get(place) for place in sorted(named)}, **found}
    drawn = [OfferedSender(value, channel, row) for (channel, value), row in places.items()]
    complete = [replace(one, choices=page.choices_of(one)) for one in drawn]
    return tuple(
        sorted((one for one in complete if one.choices), key=lambda one: (one.row is None, one.channel, one.value))
    )


def find(among: Iterable[OfferedSender], value: str) -> SenderChoice:
    """The choice that a form names. Raises NotFound where it is not offered."""
    found = next((choice for one in among for choice in one.choices if choice.value == value), None)
    if found is None:
        raise NotFound("Choice not found.")
    return found


@retried
def allow(
    *,
    subject_ref: UUID,
    value: str,
    shown: str,
    actor: Actor,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    opt_in: str = "",
    now: datetime | None = None,
) -> Recorded:
    """Record consent to one purpose from one sender, at every address of the person on its channel; no other sender gains.

    One transaction: events, ledger entries, receipt and confirmation. ``value`` is a ``SenderChoice.value``, ``shown`` the
    SHA-256 of the text that the person had before them, and ``opt_in`` the request that this confirms, where the law asks
    for two steps (``opting_in``). Nothing is recorded where the consent is in force already.

    Raises NotFound for a sender or purpose that is not offered, Refused for one that cannot be allowed or a text that has
    changed, and as ``record_all``: for a person for whom somebody else answers too.
    """
    at = now or clock.now()
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        choice = find(offered(subject_ref, at=at, language=language, fiduciary=fiduciary), value)
        if choice.notice is None:
            raise Refused(_("One of the choices is no longer offered. Check them again and save."), code="NOT_OFFERED")
        if shown != choice.notice.sha256:
            raise Refused(
                _("The text you agree to has changed since you opened this page. Read it again, then save."),
                code="NOTICE_CHANGED",
            )
        if not choice.can_be_allowed:
            return Recorded(None, ())
        return record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=[
                Choice(
                    place, choice.purpose.code, choice.channel, Answer.GIVEN, choice.notice,
                    opt_in_confirmation.evidence_of(opt_in), sender=choice.sender,
                )
                for place in addresses_of(subject_ref, choice.channel)
            ],
            way=Way.PAGE,
            occurred_at=at,
            actor=actor,
            now=at,
        )  # fmt: skip


def stop(*, subject_ref: UUID, value: str, actor: Actor, fiduciary: str = OWN_CODE) -> Recorded:
    """Refuse one purpose from one sender, at every address of the person. The other senders stay as they are.

    One transaction (``withdrawals.withdraw``). It counts also from a page that is older than the end of the sender's
    registration. Raises NotFound for what is no sender of the company.
    """
    purpose, channel, sender = _parts(value)
    whose = fiduciary_of(fiduciary)
    in_force_or_ended(purpose, on=clock.day(clock.now()))
    if not _is_known(subject_ref, whose, channel, sender):
        raise NotFound("Sender not found.")
    return withdraw(
        subject_ref=subject_ref,
        fiduciary=whose,
        purpose=purpose,
        channel=channel,
        sender=sender,
        way=Way.PAGE,
        actor=actor,
    )


def _parts(value: str) -> tuple[str, str, str]:
    purpose, _colon, rest = value.partition(":")
    channel, _colon, sender = rest.partition(":")
    if not sender or channel not in SENDERS_OF_CHANNEL:
        raise NotFound("Sender not found.")
    return purpose, channel, sender


def _is_known(subject_ref: UUID, whose: Fiduciary, channel: str, sender: str) -> bool:
    """Whether it is, or was, a sender of the company, or the person answered about it."""
    kinds = SENDERS_OF_CHANNEL[channel]
    if Sender.objects.filter(fiduciary=whose, kind__in=kinds, value=sender, answer=Proposed.APPROVED).exists():
        return True
    return history.events_of(subject_ref).filter(fiduciary=whose, channel=channel, sender=sender).exists()


class _Page:
    """All that is read once for every sender of a company: what was answered and stopped where the person is reached."""

    def __init__(self, subject_ref: UUID, whose: Fiduciary, at: datetime, language: str) -> None:
        self.whose, self.at = whose, at
        self.refs = people.refs_of(subject_ref)
        self.events = list(history.events_of(subject_ref, refs=self.refs).filter(fiduciary=whose))
        self.alone = [event for event in self.events if event.sender]
        self.book = rulebook(at, fiduciary=whose.code)
        self.places = addresses_by_channel(subject_ref)
        keys = {key for channel in SENDERS_OF_CHANNEL for place in self.places[channel] for key in place.keys}
        self.stops = selectors.at_addresses(keys, fiduciary=whose.pk, narrowed=True)
        self.words = sender_consents.Words(whose.pk, keys)
        is_child = people.is_child(subject_ref, at=at, refs=self.refs)
        self.purposes = {
            purpose.code: purpose
            for purpose in self.book.asked
            if purpose.message_category in CHOSEN
            and purpose.is_of(us=whose.is_self)
            and not (is_child and is_closed_to_children(purpose))
        }
        self.notices = notices_for(self.purposes, on=self.book.on, language=language)

    def choices_of(self, one: OfferedSender) -> tuple[SenderChoice, ...]:
        named = {event.purpose for event in self.alone if (event.channel, event.sender) == (one.channel, one.value)}
        carried = {
            code
            for code, purpose in self.purposes.items()
            if one.row is not None
            and self.places[one.channel]
            and one.channel in purpose.channels
            and purpose.message_category in one.row.carries
        }
        return tuple(self._choice(code, one, may_be_allowed=code in carried) for code in sorted(carried | named))

    def _choice(self, code: str, one: OfferedSender, *, may_be_allowed: bool) -> SenderChoice:
        purpose = self.purposes.get(code) or in_force_or_ended(code, on=self.book.on)
        about = [
            event
            for event in self.events
            if (event.purpose, event.channel) == (code, one.channel) and event.sender in {"", one.value}
        ]
        found = SenderChoice(
            purpose,
            one.channel,
            one.value,
            said=max(about, key=history.order_of, default=None),
            notice=self.notices.get(code) if may_be_allowed else None,
        )
        places = [self._at(found, about, place) for place in self.places[one.channel]]
        # Messages come where one address is free of stops; else what is against the latest word is shown.
        return max(places, key=lambda each: (each.is_allowed, each.waits, each.is_blocked), default=found)

    def _at(self, choice: SenderChoice, about: Collection[ConsentEvent], place: Address) -> SenderChoice:
        own = max(
            (event for event in about if bytes(event.address_key) in place.keys), key=history.order_of, default=None
        )
        stop = selectors.last_of(
            self.stops,
            fiduciary=self.whose.pk,
            keys=place.keys,
            purpose=choice.purpose.code,
            channel=choice.channel,
            header=choice.sender,
        )
        if own is None:
            return replace(choice, said=None, stop=stop if choice.purpose.is_promotional else None)
        here = replace(choice, said=own)
        if own.answer not in YES or history.standing_of(own, at=self.at) not in YES:
            return here
        if stop is not None and selectors.stands(stop, own, at=self.at):
            return replace(here, stop=stop)
        if not place.is_verified:
            return replace(here, waits=True)
        is_blocked = self.words.is_refused(
            place.keys, choice.purpose.code, choice.channel, choice.sender, apart_from=self.refs
        )
        return replace(here, is_blocked=is_blocked, is_allowed=not is_blocked)
