"""Consent managers act for people who linked them: they give, list and withdraw in the one service (DPDP s.6(7)-(9))."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import YES
from consent.base.selectors.notices import notices_for
from consent.collection.models.consent_managers import ManagerLink
from consent.collection.services import manager_requests
from consent.collection.services.manager_requests import Heard
from consent.prompts.services import consent_renewals
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.services import subject_locks
from consent.records.services.addresses import Address, addresses_of
from consent.records.services.consent_events import Choice, Recorded, record_all
from consent.suppressions import selectors
from consent.suppressions.services.withdrawals import find, latest_of, refusals_of_senders, withdraw
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ciphers, clock
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.models import ReceivedWebhook
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Subject
from portal.kernel.registers.entries.models.consent_managers import ConsentManager
from portal.kernel.registers.entries.selectors.consent_managers import manager_of, managers_in_force

CODE: Final = "consent.manager_code"
CODE_LIFE_RULE: Final = "consent.manager_code_life"
CODE_DIGITS: Final = 12
_CODE_TRIES: Final = 5


@dataclass(frozen=True)
class Offered:
    """A code to hand to the manager: shown once, only its hash is kept."""

    link: ManagerLink
    code: str = field(repr=False)


def actor_of(manager: ConsentManager) -> Actor:
    """The manager as the one who acts: its entry in the book, never a person."""
    return Actor(ActorKind.CONSENT_MANAGER, ref=f"manager:{manager.pk}", via="api")


def take_number(manager: ConsentManager, message_id: str, *, now: datetime) -> None:
    """Note that a signed request was taken, in the caller's transaction. Raises Refused for one that was taken before."""
    name = hashlib.sha256(f"manager:{manager.pk}:{message_id}".encode()).hexdigest()
    _row, is_new = ReceivedWebhook.objects.get_or_create(webhook_id=name, defaults={"received_at": now})
    if not is_new:
        raise Refused("This request was taken before.", code="REPLAYED")


def offer_link(*, subject_ref: UUID, manager: ConsentManager, now: datetime | None = None) -> Offered:
    """Make a code with which the manager links itself to the person. Nothing is linked yet. An earlier code ends.

    Raises Refused when the manager may not act now, or is linked already.
    """
    at = now or clock.now()
    if not managers_in_force(at=at, fiduciary=manager.fiduciary.code).filter(pk=manager.pk).exists():
        raise Refused(_("This consent manager may not act for you now."), code="NO_SUCH_MANAGER")
    if links_of(subject_ref).filter(_of(manager)).exists():
        raise Refused(_("This consent manager is linked already."), code="LINKED_ALREADY")
    life = law.house_rule(CODE_LIFE_RULE, on=clock.day(at)).duration
    for _try in range(_CODE_TRIES):
        code = "".join(secrets.choice("0123456789") for _digit in range(CODE_DIGITS))
        try:
            with transaction.atomic():
                _end_codes(subject_ref, manager, at=at)
                link = ManagerLink.objects.create(
                    subject_ref=subject_ref,
                    manager=manager,
                    code_hash=ciphers.blind_index(code, domain=CODE),
                    code_until=at + life,
                    asked_at=at,
                )
        except IntegrityError:  # the same digits once more
            continue
        return Offered(link, code)
    raise RuntimeError("No free code was drawn.")


def link(*, manager: ConsentManager, code: str, now: datetime) -> ManagerLink:
    """Link the manager to the person who handed it the code, with an audit event. A code works once, in its time.

    Raises NotFound for a code that is wrong, over, used, or was made for another manager; it does not say which.
    """
    with transaction.atomic():
        rows = ManagerLink.objects.select_for_update(of=("self",)).filter(
            _of(manager),
            code_hash__in=ciphers.blind_indexes(code.strip(), domain=CODE),
            linked_at=None,
            ended_at=None,
            code_until__gt=now,
        )
        found = rows.first()
        if found is None or links_of(found.subject_ref).filter(_of(manager)).exists():
            raise NotFound("Code not found.", code="NO_SUCH_CODE")
        found.linked_at = now
        found.save(update_fields=["linked_at"])
        _record(AuditKind.CONSENT_MANAGER_LINKED, found, actor=actor_of(manager), at=now)
    return found


def unlink(*, found: ManagerLink, actor: Actor, now: datetime | None = None) -> None:
    """End a link, with an audit event. What was said through it stays. A second time nothing changes.

    A code that the person made before and nobody used ends too: the manager would come back by it.
    """
    at = now or clock.now()
    with transaction.atomic():
        _end_codes(found.subject_ref, found.manager, at=at)
        if ManagerLink.objects.filter(pk=found.pk, ended_at=None).update(ended_at=at):
            _record(AuditKind.CONSENT_MANAGER_UNLINKED, found, actor=actor, at=at)


def _end_codes(subject_ref: UUID, manager: ConsentManager, *, at: datetime) -> None:
    """In the caller's transaction: the person's codes for the manager that nobody used link nothing any more."""
    open_ones = ManagerLink.objects.filter(
        _of(manager), subject_ref__in=people.refs_of(subject_ref), linked_at=None, ended_at=None
    )
    open_ones.update(ended_at=at)


def own_link(subject_ref: UUID, number: int) -> ManagerLink:
    """A link of the person by its number, whether it lives or has ended. Raises NotFound for another's."""
    rows = ManagerLink.objects.filter(subject_ref__in=people.refs_of(subject_ref), linked_at__isnull=False, pk=number)
    found = rows.select_related("manager__fiduciary").first()
    if found is None:
        raise NotFound("Link not found.")
    return found


def links_of(subject_ref: UUID) -> QuerySet[ManagerLink]:
    """The managers that act for the person now, under any reference of theirs."""
    rows = ManagerLink.objects.filter(
        subject_ref__in=people.refs_of(subject_ref), linked_at__isnull=False, ended_at=None
    )
    return rows.select_related("manager__fiduciary")


def entry_of(found: ManagerLink, *, at: datetime) -> ConsentManager | None:
    """The entry of the book under which the manager of a link may act at an instant. None: it acts for nobody."""
    return manager_of(found.manager.board_number, at=at, fiduciary=found.manager.fiduciary.code)


def _of(manager: ConsentManager) -> Q:
    """Links to this manager, whichever of its entries they were made under: a new key is a new entry of the same number."""
    return Q(manager__fiduciary=manager.fiduciary_id, manager__board_number=manager.board_number)


def link_of(manager: ConsentManager, ref: UUID) -> ManagerLink:
    """The living link that the manager names. Raises NotFound for another's, an ended one, or an erased person's."""
    living = ManagerLink.objects.filter(_of(manager), ref=ref, linked_at__isnull=False, ended_at=None)
    found = living.select_related("manager__fiduciary").first()
    if found is None or not Subject.objects.filter(ref=found.subject_ref, erased_at=None).exists():
        raise NotFound("Link not found.", code="NO_SUCH_LINK")
    return found


@dataclass(frozen=True)
class Held:
    """One purpose as the manager may show it: what is asked, with which text, and the latest answer on each channel."""

    purpose: str
    name: str
    description: str
    notice: NoticeText | None
    answers: dict[str, ConsentEvent | None]


def consents_of(found: ManagerLink, *, at: datetime, language: str) -> list[Held]:
    """The purposes of the manager's fiduciary that need a consent, with the person's answers. No address is named."""
    on = clock.day(at)
    purposes = [
        p for p in law.purposes_in_force(on=on) if p.needs_consent and p.is_of(us=found.manager.fiduciary.is_self)
    ]
    notices = notices_for([purpose.code for purpose in purposes], on=on, language=language)
    said = history.latest(history.events_of(found.subject_ref).filter(fiduciary=found.manager.fiduciary))
    held = []
    for purpose in purposes:
        own = {channel: _latest(said.values(), purpose.code, channel) for channel in purpose.channels}
        held.append(Held(purpose.code, purpose.name, purpose.description, notices.get(purpose.code), own))
    return held


def give(
    *, heard: Heard, found: ManagerLink, purpose: str, channel: str, notice_sha256: str, now: datetime
) -> Recorded:
    """Record the person's yes to the text that the manager showed, at each confirmed address on the channel.

    The signed request is kept behind it. One transaction, at the turns of the person. Where their yes to this
    text stands it is left as it is: who asks again is answered with its receipt, and nobody is told anything. One that ends
    soon enough to be renewed is said anew. Raises NotFound where there is no such purpose, Refused for a text that is not
    the one in force, or where the person has no confirmed address on the channel.
    """
    on, whose = clock.day(now), found.manager.fiduciary
    law.purpose(purpose, on=on)
    text = _text_in_force(purpose, notice_sha256, on=on)
    with transaction.atomic():
        subject_locks.take_all_of(found.subject_ref)
        places = [place for place in addresses_of(found.subject_ref, channel) if place.is_verified]
        if not places:
            raise Refused("There is no confirmed address of the person on this channel.", code="NO_CONFIRMED_ADDRESS")
        said = latest_of(found.subject_ref, whose)
        standing = [(place, _standing_yes(find(said, place, purpose, channel), place, text, now)) for place in places]
        yeses = [yes for _place, yes in standing if yes is not None]
        if len(yeses) == len(places):
            return Recorded(max(yeses, key=lambda yes: (yes.occurred_at, yes.pk)).receipt, ())
        choices = [
            Choice(place, purpose, channel, Answer.GIVEN, text, heard.evidence)
            for place, yes in standing
            if yes is None
        ]
        done = record_all(
            subject_ref=found.subject_ref,
            fiduciary=whose,
            choices=[*choices, *refusals_of_senders(found.subject_ref, whose, choices)],
            way=Way.CONSENT_MANAGER,
            occurred_at=now,
            actor=actor_of(heard.manager),
            now=now,
        )
        manager_requests.keep(heard, done, now=now)
    return done


def take_back(*, heard: Heard, found: ManagerLink, purpose: str, channel: str, now: datetime) -> Recorded:
    """Withdraw a purpose on a channel at every address of the person; the signed request is kept behind it. Twice is harmless."""
    with transaction.atomic():
        done = withdraw(
            subject_ref=found.subject_ref,
            fiduciary=found.manager.fiduciary,
            purpose=purpose,
            channel=Channel(channel),
            way=Way.CONSENT_MANAGER,
            actor=actor_of(heard.manager),
            evidence=heard.evidence,
            now=now,
        )
        manager_requests.keep(heard, done, now=now)
    return done


def _standing_yes(said: ConsentEvent | None, place: Address, text: NoticeText, at: datetime) -> ConsentEvent | None:
    """The person's latest word where it is a yes to this text that saying it again would not change."""
    if said is None or said.notice_sha256 != text.sha256 or consent_renewals.is_soon(said.expires_at, at=at):
        return None
    if history.standing_of(said, at=at) not in YES:
        return None
    stop = selectors.last_of(
        selectors.at_addresses(place.keys, fiduciary=said.fiduciary_id),
        fiduciary=said.fiduciary_id,
        keys=place.keys,
        purpose=said.purpose,
        channel=said.channel,
    )
    # Of promotion or not: a yes after a stop is a word that was not said before.
    return said if stop is None or said.occurred_at > stop.suppressed_at else None


def _text_in_force(purpose: str, sha256: str, *, on: date) -> NoticeText:
    for language, _name in settings.LANGUAGES:
        text = notices_for([purpose], on=on, language=language).get(purpose)
        if text is not None and text.sha256 == sha256:
            return text
    raise Refused("This is not the text that is asked with now.", code="NOTICE_CHANGED")


def _latest(said: Iterable[ConsentEvent], purpose: str, channel: str) -> ConsentEvent | None:
    own = [event for event in said if event.purpose == purpose and event.channel == channel]
    return max(own, key=lambda event: (event.occurred_at, event.pk), default=None)


def _record(kind: AuditKind, found: ManagerLink, *, actor: Actor, at: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=f"consent.managerlink:{found.pk}",
        facts={"reference": f"registers.consentmanager:{found.manager_id}", "fiduciary": found.manager.fiduciary.code},
        subject_ref=found.subject_ref,
        at=at,
    )
