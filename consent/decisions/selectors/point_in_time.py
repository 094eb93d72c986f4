"""The time machine: what people had answered, what they wished and what we would have answered, at any instant.

Facts are appended, so the past is a fold over those that were recorded by then. Nothing is read from a projection.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from consent.base.models.notices import NoticeVersion
from consent.base.rules import contact
from consent.base.rules.contact import NO_WISHES, Reason, Verdict, Wishes, Word
from consent.base.rules.status_fold import NO, Said, deciding
from consent.base.selectors.contact_rulebook import PurposeTerms, rulebook, terms_of
from consent.base.selectors.purposes import in_force_or_ended
from consent.records.models.events import ConsentEvent
from consent.records.models.preferences import PreferenceChange
from consent.records.models.suppressions import Suppression
from consent.records.selectors.preferences import wishes_of_row
from consent.suppressions import selectors
from portal.kernel.core import clock
from portal.kernel.core.addresses import address_keys
from portal.kernel.core.errors import NotFound
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint, SubjectAlias

_KEY = ("fiduciary_id", "address_key", "purpose", "channel")


@dataclass(frozen=True)
class Then:
    """One fiduciary, address, purpose and channel as it stood: the deciding answer, and what a question got."""

    fiduciary: str
    purpose: str
    channel: str
    address_key: bytes
    event: ConsentEvent
    word: str
    verdict: Verdict
    #: The one sender that it is about; empty: a question that names none, beside the answer about all.
    sender: str = ""

    @property
    def answer(self) -> str:
        """The answer as it stood; one whose agreed time was over is "expired"."""
        return "expired" if self.verdict.reason is Reason.CONSENT_EXPIRED else self.word


@dataclass(frozen=True)
class Counted:
    """How many addresses had answered what about a purpose on a channel."""

    fiduciary: str
    channel: str
    answer: str
    count: int


def known_by(at: datetime) -> dict[str, datetime]:
    """What had been said and had reached us."""
    return {"recorded_at__lte": at, "occurred_at__lte": at}


def of_person(subject_ref: UUID, at: datetime) -> list[Then]:
    """Everything that stood at the person's addresses at an instant, and whether a message could have gone then.

    Counts what anybody at those addresses had said. Purposes, hours and joined references are those of that instant.
    What is counted (the wished pace, messages sent) is not: a question of then may have got TOO_OFTEN instead of a yes.
    Each sender that was answered about by itself has a line of its own. A question that named no sender got a no where one
    of them was refused, so the line of all senders has that decision.
    """
    same = joined_by(at)
    refs = _group(subject_ref, same) | people.refs_of(subject_ref)
    held = ContactPoint.objects.filter(principal__subject__ref__in=refs, added_at__lte=at)
    keys = {bytes(contact.address_key) for contact in held}
    spoken = ConsentEvent.objects.filter(subject_ref__in=refs, **known_by(at))
    keys |= {bytes(key) for key in spoken.values_list("address_key", flat=True)}
    events = (
        ConsentEvent.objects.filter(address_key__in=keys, **known_by(at))
        .select_related("fiduciary", "receipt", "entry", "notice_version__notice")
        .order_by(*_KEY, "pk")
    )
    places = [frozenset(address_keys(contact.address)) for contact in held if contact.address]
    stopped = selectors.at_addresses(keys.union(*places), at=at, narrowed=True)
    found = []
    for key, group in groupby(events, key=_key_of):
        own = {key[1]}.union(*(place for place in places if key[1] in place))
        place = {"fiduciary": key[0], "keys": own, "purpose": key[2], "channel": key[3]}
        found += _at_place(list(group), [stop for stop in stopped if bytes(stop.address_key) in own], same, at, place)
    return sorted(found, key=lambda then: (then.fiduciary, then.purpose, then.channel, then.sender, then.event.pk))


def _at_place(
    events: list[ConsentEvent],
    stopped: list[Suppression],
    same: Mapping[UUID, UUID],
    at: datetime,
    place: Mapping[str, Any],
) -> list[Then]:
    """What stood there about all senders, and about each that was named."""

    def about(sender: str) -> Then | None:
        own = [event for event in events if event.sender in {"", sender}]
        # A question that names no sender is stopped by the stop of any.
        stop = selectors.last_of(stopped, **place, header=sender or None)
        stopped_at = stop.suppressed_at if stop else None
        return replace(_then(own, same, at, stopped_at=stopped_at), sender=sender) if own else None

    of_all = about("")
    named = sorted({event.sender for event in events} - {""})
    of_senders = [then for sender in named if (then := about(sender)) is not None]
    if of_all is None:
        return of_senders
    refused = [then for then in (of_all, *of_senders) if then.word in NO]
    last = max(refused, key=lambda then: then.event.occurred_at, default=of_all)
    return [replace(of_all, verdict=last.verdict), *of_senders]


def _key_of(event: ConsentEvent) -> tuple[Any, ...]:
    return event.fiduciary_id, bytes(event.address_key), event.purpose, event.channel


def _then(events: list[ConsentEvent], same: Mapping[UUID, UUID], at: datetime, *, stopped_at: datetime | None) -> Then:
    said = [
        Said(e.pk, e.subject_ref, e.answer, e.occurred_at, e.expires_at, verified=e.address_verified) for e in events
    ]
    word = deciding(said, same)
    if word is None:
        raise ValueError("A key without events has no past.")
    event = next(each for each in events if each.pk == word.number)
    return Then(
        fiduciary=event.fiduciary.code,
        purpose=event.purpose,
        channel=event.channel,
        address_key=bytes(event.address_key),
        event=event,
        word=word.answer,
        verdict=_verdict(event, word, same, at, stopped_at),
    )


def _verdict(
    event: ConsentEvent, word: Said, same: Mapping[UUID, UUID], at: datetime, stopped_at: datetime | None
) -> Verdict:
    book = rulebook(at)
    try:
        terms = terms_of(in_force_or_ended(event.purpose, on=book.on), book.old_texts.get(event.purpose, {}))
    except NotFound:
        return Verdict(allowed=False, reason=Reason.NO_SUCH_PURPOSE)
    holders = _holders(bytes(event.address_key), at)
    verified = word.verified or any(
        is_verified and same.get(ref, ref) == same.get(word.subject, word.subject)
        for ref, is_verified in holders.items()
    )
    stood = Word(word.answer, verified=verified or word.answer in NO, expires_at=word.expires_at)
    if event.channel == Channel.NONE:
        verdict = contact.by_consent(stood, at=at) if terms.needs_consent else contact.without_objection(stood)
        return _as_meant(verdict, event, word, terms, at)

    def under(asked: Wishes) -> Verdict:
        return contact.may_contact(
            category=terms.category,
            channel=event.channel,
            needs_consent=terms.needs_consent,
            word=stood,
            wishes=asked,
            window=book.hours,
            at=at,
            is_holiday=book.is_holiday,
            subjects=book.subjects_of(event.fiduciary_id),
            suppressed=contact.stands(stopped_at, word=stood, said_at=word.occurred_at),
        )

    plain = _as_meant(under(NO_WISHES), event, word, terms, at)
    if not contact.asks_wishes(terms.category, plain):
        return plain
    speaker = (word.subject,) if contact.speaks(stood) else ()
    persons = {same.get(ref, ref) for ref in (*holders, *speaker)}
    children = people.children_among({*persons, *(ref for ref in same if same[ref] in persons)}, at=at)
    is_barred = contact.is_promotional(terms.category) and bool(children)
    verdict = contact.of_several([under(_wishes(person, same, at)) for person in sorted(persons)] or [plain])
    return contact.for_child() if is_barred else verdict


def _as_meant(verdict: Verdict, event: ConsentEvent, word: Said, terms: PurposeTerms, at: datetime) -> Verdict:
    return contact.as_meant(
        verdict,
        said_on=clock.day(word.occurred_at),
        meaning_since=terms.meaning_since,
        is_text_old=terms.is_text_old(event.notice_version_id, at=at),
    )


def _holders(key: bytes, at: datetime) -> dict[UUID, bool]:
    """Who held an address then, and whether they had confirmed it."""
    held = ContactPoint.objects.filter(address_key=key, added_at__lte=at).exclude(left_at__lte=at)
    rows = held.values_list("principal__subject__ref", "verified_at")
    return {ref: verified_at is not None and verified_at <= at for ref, verified_at in rows}


def _wishes(person: UUID, same: Mapping[UUID, UUID], at: datetime) -> Wishes:
    refs = {person} | {ref for ref, root in same.items() if root == person}
    row = (
        PreferenceChange.objects.filter(subject_ref__in=refs, changed_at__lte=at).order_by("-changed_at", "-pk").first()
    )
    return wishes_of_row(row) if row is not None else NO_WISHES


def joined_by(at: datetime) -> dict[UUID, UUID]:
    """Each reference that had been joined to another by then, with the one that stands for all of the person's."""
    parents = dict(SubjectAlias.objects.filter(joined_at__lte=at).values_list("old_ref", "new_ref"))

    def root(ref: UUID) -> UUID:
        seen = {ref}
        while (upper := parents.get(ref)) is not None and upper not in seen:
            seen.add(upper)
            ref = upper
        return ref

    return {ref: root(ref) for ref in {*parents, *parents.values()}}


def _group(ref: UUID, same: Mapping[UUID, UUID]) -> set[UUID]:
    root = same.get(ref, ref)
    return {ref, root} | {each for each, stands_for in same.items() if stands_for == root}


def of_purpose(purpose: str, at: datetime) -> list[Counted]:
    """How many addresses had said what about a purpose, by fiduciary and channel: a fold over its events, streamed.

    A yes whose agreed time was over counts as expired.
    """
    same = joined_by(at)
    rows = (
        ConsentEvent.objects.filter(purpose=purpose, sender="", **known_by(at))
        .order_by(*_KEY, "pk")
        .values(
            "pk", *_KEY, "fiduciary__code", "subject_ref", "answer", "occurred_at", "expires_at", "address_verified"
        )
    )
    counted: Counter[tuple[str, str, str]] = Counter()
    for _key, group in groupby(_plain(rows.iterator(chunk_size=5_000)), key=lambda row: row["key"]):
        events = list(group)
        word = deciding((row["said"] for row in events), same)
        if word is not None:
            is_over = word.answer not in NO and word.expires_at is not None and word.expires_at <= at
            counted[(events[0]["fiduciary__code"], events[0]["channel"], "expired" if is_over else word.answer)] += 1
    return [Counted(*place, count) for place, count in sorted(counted.items())]


def _plain(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        row["key"] = (row["fiduciary_id"], bytes(row["address_key"]), row["channel"])
        row["said"] = Said(
            row["pk"],
            row["subject_ref"],
            row["answer"],
            row["occurred_at"],
            row["expires_at"],
            verified=row["address_verified"],
        )
        yield row


def texts_in_force(at: datetime) -> list[NoticeVersion]:
    """Every text that was in force at an instant: the policy, and the notices that were shown."""
    day = clock.day(at)
    newest: dict[int, NoticeVersion] = {}
    versions = NoticeVersion.objects.filter(published_at__lte=at, effective_on__lte=day).select_related("notice")
    for version in versions.order_by("effective_on", "number"):
        newest[version.notice_id] = version
    return sorted(newest.values(), key=lambda version: (version.notice.kind, version.notice.code))
