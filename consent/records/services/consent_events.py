"""Answers become facts: event, ledger entry, state and confirmation in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import ATTESTED, Answer, VersionState, Way
from consent.base.models.notices import NoticeText, NoticeVersion
from consent.base.rules.status_fold import NO, YES
from consent.base.selectors.purposes import in_force_or_ended
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.state import ConsentState
from consent.records.rules import ledger_content
from consent.records.selectors import event_chains, folds
from consent.records.selectors.undos import Restored, counted_from, restored_since
from consent.records.services import (
    confirmations,
    evidence,
    guardian_consents,
    opt_in_confirmation,
    predecessors,
    projection,
    recipient_updates,
    relied_on_consent,
    subject_locks,
    validity,
)
from consent.records.services.addresses import Address, address_of
from consent.records.services.confirmations import Reply
from portal.kernel.core import clock, ids, time_range
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.services import append_many
from portal.kernel.people.models import Fiduciary

#: Two people may answer for one address at the same instant: the second reads again.
TRIES = 3
#: Ways that bring the proof of a yes with them instead of one of our notices.
WITH_OWN_PROOF = frozenset({Way.API, Way.IMPORT, Way.CONSENT_MANAGER})
#: Ways in which the time or the house, not the person, ends an answer: nothing is confirmed to the person.
UNASKED = frozenset({Way.ADDRESS_LEFT, Way.EXPIRY, Way.IMPORT, Way.MERGED, Way.PROTECTION, Way.RESTED})
#: A key press says nothing by itself: the prompt that was played and the call belong to it.
OF_A_KEY_PRESS = frozenset({evidence.PROMPT, evidence.CALL})

Evidence = evidence.Evidence


@dataclass(frozen=True)
class Choice:
    """One answer about one address. ``notice`` is the exact text that was shown; a yes needs it.

    ``ends_at`` is for a yes that is only restored: it ends when it would have ended. ``sender`` is the one header, number
    or code that the answer is about, as registered; empty: all of the fiduciary's.
    """

    address: Address
    purpose: str
    channel: str
    answer: Answer
    notice: NoticeText | None = None
    evidence: Sequence[Evidence] = ()
    ends_at: datetime | None = None
    sender: str = ""


@dataclass(frozen=True)
class Recorded:
    """What one act recorded; ``receipt`` is None when nothing had to change. ``held``: purposes that wait for a guardian."""

    receipt: ConsentReceipt | None
    events: tuple[ConsentEvent, ...]
    held: tuple[str, ...] = ()


def fiduciary_of(code: str | Fiduciary) -> Fiduciary:
    """Raises NotFound for a code that nobody has."""
    if isinstance(code, Fiduciary):
        return code
    found = Fiduciary.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("Fiduciary not found."))
    return found


def record(
    *,
    subject_ref: UUID,
    fiduciary: str | Fiduciary,
    address_kind: str,
    address: str,
    purpose: str,
    channel: Channel | str,
    answer: Answer | str,
    notice_version: NoticeVersion | None,
    way: Way | str,
    evidence: Sequence[Evidence] = (),
    occurred_at: datetime,
    actor: Actor,
    language: str = "en",
    now: datetime | None = None,
) -> ConsentEvent:
    """Append one answer, its ledger entry, the state and the confirmation, in one transaction; returns the event.

    ``address_kind`` is email or phone, or subject for push, dashboard and processing (``address`` is then not used).
    ``evidence`` are pairs of type and sha256. ``occurred_at`` is when the person answered, as we were told. Each call
    appends, also when the answer is what it was.

    Raises Refused for a yes without a published notice (DPDP s.6(1), GDPR Article 7), an address that is none or a time
    in the future; NotFound for a purpose that is not in force or an unknown fiduciary.
    """
    place = address_of(subject_ref=subject_ref, channel=str(channel), kind=address_kind, text=address)
    notice = notice_version.text_in(language) if notice_version else None
    choice = Choice(place, purpose, str(channel), Answer(answer), notice, evidence)
    done = record_all(
        subject_ref=subject_ref,
        fiduciary=fiduciary,
        choices=[choice],
        way=Way(way),
        occurred_at=occurred_at,
        actor=actor,
        now=now,
    )
    return done.events[0]


@retried
def record_all(
    *,
    subject_ref: UUID,
    fiduciary: str | Fiduciary,
    choices: Sequence[Choice],
    way: Way,
    occurred_at: datetime,
    actor: Actor,
    reply_to: Reply | None = None,
    confirms: bool = True,
    instructs: bool = False,
    now: datetime | None = None,
) -> Recorded:
    """Append the answers of one act under one receipt, each its own event and ledger entry. No choice: no receipt.

    One transaction, at the turns of the person and of each address; in it the person's confirmation is posted and the
    recipients of their data are told. ``reply_to``: the confirmation goes back the way the answer came, and nowhere else
    but the dashboard. ``confirms``: False where the caller tells the person once of several acts. ``instructs``: each
    refusal instructs the recipients to stop, whatever they may have heard before.

    Raises as ``check``, and Refused for a yes of a person who cannot give it alone, or not in one step.
    """
    if not choices:
        return Recorded(None, ())
    with transaction.atomic():
        subject_locks.take((choice.address for choice in choices), by=subject_ref)
        return record_in_turn(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=choices,
            way=way,
            occurred_at=occurred_at,
            actor=actor,
            reply_to=reply_to,
            confirms=confirms,
            instructs=instructs,
            now=now,
        )


def record_in_turn(
    *,
    subject_ref: UUID,
    fiduciary: str | Fiduciary,
    choices: Sequence[Choice],
    way: Way,
    occurred_at: datetime,
    actor: Actor,
    reply_to: Reply | None = None,
    confirms: bool = True,
    instructs: bool = False,
    now: datetime | None = None,
) -> Recorded:
    """``record_all`` in the transaction of a caller who has taken the turns, of many people at once for instance."""
    at = now or clock.now()
    whose = fiduciary_of(fiduciary)
    if occurred_at > at:
        raise Refused(_("A choice cannot be in the future."), code="OCCURRED_IN_FUTURE")
    time_range.moment(occurred_at)
    for choice in choices:
        check(choice, whose=whose, way=way, on=at, occurred_at=occurred_at)
    _require_able(subject_ref, whose, choices, way=way, at=at)
    receipt = ConsentReceipt.objects.create(reference=ids.new_reference("CR"), subject_ref=subject_ref, made_at=at)
    common = {"subject_ref": subject_ref, "fiduciary": whose, "way": way, "occurred_at": occurred_at, "at": at}
    events = _append(receipt, choices, actor=actor, **common)
    if confirms and way not in UNASKED:
        confirmations.confirm(receipt, events, at=at, reply_to=reply_to)
    places = [choice.address for choice in choices]
    recipient_updates.tell(receipt, places, events, instructs=instructs, actor=actor, at=at)
    relied_on_consent.taken_back(subject_ref, events, actor=actor, at=at)
    return Recorded(receipt, events)


def _require_able(
    subject_ref: UUID, fiduciary: Fiduciary, choices: Sequence[Choice], *, way: Way, at: datetime
) -> None:
    """Raises Refused for a yes that the person cannot give, or not in one step. An undo gives a yes again: it too is asked."""
    yeses = [choice for choice in choices if choice.answer in YES]
    if not yeses:
        return
    by_guardian = way in guardian_consents.BY_GUARDIAN and all(_is_of_guardian(choice) for choice in yeses)
    guardian_consents.require_able(subject_ref, {choice.purpose for choice in yeses}, by_guardian=by_guardian, at=at)
    if way in guardian_consents.OF_AN_ADDRESS:
        guardian_consents.require_able_at([(choice.address.keys, choice.purpose) for choice in yeses], at=at)
    if way not in WITH_OWN_PROOF:
        opt_in_confirmation.require_two_steps(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            wanted=[(choice.purpose, choice.channel, choice.evidence) for choice in yeses],
            at=at,
        )


def check(choice: Choice, *, whose: Fiduciary, way: Way, on: datetime, occurred_at: datetime) -> None:
    """Raises Refused or NotFound, saying what is missing, for an answer that must not be recorded.

    A yes needs a purpose in force. A no, or an end, is taken for one that has ended since: withdrawing, giving up an
    address and erasing must not fail because we stopped asking.
    """
    day = clock.day(on)
    asks = law.purpose if choice.answer in YES else in_force_or_ended
    purpose = asks(choice.purpose, on=day)
    if purpose.sends_messages == (choice.channel == Channel.NONE):
        raise Refused(_("This purpose is not used on that channel."), code="CHANNEL_NOT_USED")
    if choice.answer not in YES or way is Way.UNDO:
        return
    if not purpose.is_of(us=whose.is_self):
        raise Refused(
            _("This purpose is Onesetu's alone: no one can consent to it for another company."), code="PURPOSE_OF_OURS"
        )
    if way in ATTESTED and not purpose.needs_consent:
        raise Refused(
            _("This purpose is based on a law or a contract: no one is asked for it."), code="CONSENT_NOT_NEEDED"
        )
    if way in WITH_OWN_PROOF:
        if not choice.evidence:
            raise Refused(_("An imported consent needs the proof of it."), code="EVIDENCE_MISSING")
        return
    if way is Way.VOICE and not {item["type"] for item in choice.evidence} >= OF_A_KEY_PRESS:
        raise Refused(
            _("A consent by key press needs the prompt that was played, and the call."), code="PROMPT_MISSING"
        )
    text = choice.notice
    if text is None or text.version.state != VersionState.PUBLISHED:
        raise Refused(_("A consent needs the published notice that was shown."), code="NOTICE_MISSING")
    if text.version.effective_on > clock.day(occurred_at):
        raise Refused(_("This notice was not in force yet."), code="NOTICE_NOT_IN_FORCE")


def _is_of_guardian(choice: Choice) -> bool:
    return any(item["type"] == guardian_consents.GUARDIAN for item in choice.evidence)


def _append(receipt: ConsentReceipt, choices: Sequence[Choice], **common: Any) -> tuple[ConsentEvent, ...]:
    """All of them set by set; one after another where two are about one place, for the second names the first."""
    places = [(key, one.purpose, one.channel, one.sender) for one in choices for key in set(one.address.keys)]
    if len(set(places)) < len(places):
        return tuple(event for choice in choices for event in _append_set(receipt, [choice], **common))
    return _append_set(receipt, choices, **common)


def _append_set(receipt: ConsentReceipt, choices: Sequence[Choice], **common: Any) -> tuple[ConsentEvent, ...]:
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _append_once(receipt, choices, is_last_try=attempt == TRIES - 1, **common)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise LostRace(_("Someone else made a choice for this address a moment ago. Try again.")) from None
    raise AssertionError  # pragma: no cover - the loop returns or raises


def _append_once(
    receipt: ConsentReceipt,
    choices: Sequence[Choice],
    *,
    subject_ref: UUID,
    fiduciary: Fiduciary,
    way: Way,
    occurred_at: datetime,
    at: datetime,
    actor: Actor,
    is_last_try: bool,
) -> tuple[ConsentEvent, ...]:
    heads, kept_under = predecessors.of(fiduciary, choices)
    said_before = heads
    if is_last_try:  # nobody else was quicker: events were moved by hand, and a stop is recorded all the same
        said_before = [event_chains.behind(head) for head in heads]
    # A chain stays under the lookup key it began with; decisions ask for every key that was ever in use.
    counted = _counted(choices, fiduciary, occurred_at)
    choices = [choice for choice, _since in counted]
    events = []
    for (choice, since), key, previous in zip(counted, kept_under, said_before, strict=True):
        event = ConsentEvent(
            receipt=receipt,
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            address_kind=choice.address.kind,
            address_key=key,
            address_verified=choice.address.is_verified or way in WITH_OWN_PROOF,
            purpose=choice.purpose,
            channel=choice.channel,
            sender=choice.sender,
            answer=choice.answer,
            notice_version=choice.notice.version if choice.notice else None,
            notice_language=choice.notice.language if choice.notice else "",
            notice_sha256=choice.notice.sha256 if choice.notice else "",
            way=way,
            actor_kind=str(actor.kind),
            actor_ref=actor.ref,
            previous=previous,
            occurred_at=since,
            recorded_at=at,
            expires_at=_ends_at(choice, occurred_at=occurred_at, recorded_at=at),
        )
        events.append(event)
    payloads = [(leaf_of(event, choice), subject_ref) for event, choice in zip(events, choices, strict=True)]
    entries = append_many(kind=EntryKind.CONSENT, payloads=payloads, recorded_at=at)
    for event, entry in zip(events, entries, strict=True):
        event.entry, event.recorded_at = entry, entry.recorded_at
    ConsentEvent.objects.bulk_create(events)
    evidence.keep((event, choice.evidence) for event, choice in zip(events, choices, strict=True))
    first = [event for event in events if event.previous is None and not event.sender and not is_last_try]
    ConsentState.objects.bulk_create(map(projection.first_state, first))
    for event in events:
        if not event.sender and event not in first:
            projection.refold(folds.Key(fiduciary.pk, bytes(event.address_key), str(event.purpose), str(event.channel)))
    return tuple(events)


def _counted(choices: Sequence[Choice], fiduciary: Fiduciary, occurred_at: datetime) -> list[tuple[Choice, datetime]]:
    keys = {key for choice in choices if choice.answer in NO for key in choice.address.keys}
    restored = restored_since(occurred_at, fiduciary=fiduciary.pk, keys=keys) if keys else []
    return [after_undos(choice, restored, occurred_at) for choice in choices]


def after_undos(choice: Choice, restored: Sequence[Restored], occurred_at: datetime) -> tuple[Choice, datetime]:
    """From when an answer counts (``undos.counted_from``); when it was said is evidence where that was earlier."""
    if choice.answer not in NO or not restored:
        return choice, occurred_at
    since = counted_from(occurred_at, restored, choice.address.keys, choice.purpose, choice.channel)
    if since == occurred_at:
        return choice, occurred_at
    said = evidence.reference(evidence.MACHINE_TIME, clock.stamp(occurred_at))
    return replace(choice, evidence=(*choice.evidence, said)), since


def _ends_at(choice: Choice, *, occurred_at: datetime, recorded_at: datetime) -> datetime | None:
    if choice.answer not in YES:
        return None
    return choice.ends_at or validity.ends(choice.purpose, start=occurred_at, recorded_at=recorded_at)


def leaf_of(event: ConsentEvent, choice: Choice) -> dict[str, Any]:
    """What the ledger commits to about an event that is not written yet: its columns, and the evidence of the choice."""
    said = ledger_content.members_of(
        answer=str(event.answer),
        fiduciary=event.fiduciary.code,
        address_kind=event.address_kind,
        address_key=bytes(event.address_key),
        address_verified=event.address_verified,
        purpose=event.purpose,
        channel=event.channel,
        notice=_notice(choice.notice),
        previous=event.previous.entry.event_id if event.previous else None,
        occurred_at=event.occurred_at,
        expires_at=event.expires_at,
        way=str(event.way),
        actor_kind=event.actor_kind,
        actor_ref=event.actor_ref,
        receipt=event.receipt.reference,
        sender=event.sender,
    )
    return {**said, "evidence": evidence.committed(choice.evidence)}


def _notice(text: NoticeText | None) -> dict[str, Any] | None:
    if text is None:
        return None
    return {
        "id": text.version.notice.code,
        "version": text.version.number,
        "lang": text.language,
        "sha256": text.sha256,
    }
