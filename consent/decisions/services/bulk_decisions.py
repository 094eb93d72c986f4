"""Many addresses at once: the answers of ``may_contact``, from a few statements for each chunk instead of some for each address."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from consent.base.rules import contact
from consent.base.rules.contact import NO_WISHES, UNPROVED_WORD, Reason, Verdict, Wishes, Word
from consent.base.rules.status_fold import NO
from consent.base.selectors.contact_rulebook import PurposeTerms, Rulebook, rulebook
from consent.decisions.selectors import message_frequency
from consent.decisions.services import contact_decisions
from consent.records.selectors import batch_lookups, sender_consents
from consent.records.selectors.client_addresses import told_of_noes
from consent.records.selectors.preferences import wishes_of_row
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT
from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.senders.selectors import senders

#: Addresses asked about in one statement: a longer list makes the planner read the whole table.
CHUNK = 2_000
#: Verdicts kept beside a list: where each yes ends at another instant, every line has a word of its own.
MOST_KNOWN = 4_096
Key = bytes


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about every address of a list. As the arguments of ``may_contact``."""

    purpose: str
    channel: str
    at: datetime
    fiduciary: str = OWN_CODE
    header: str | None = None
    template: str | None = None

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The parts of the messages that the question does not name: no answer covers them."""
        return contact.unchecked(self.channel, header=self.header, template=self.template)


class Answered(NamedTuple):
    """One answer. ``key`` is the lookup hash of the address, empty for what is no address."""

    allowed: bool
    reason: Reason
    entry: str | None = None
    valid_until: datetime | None = None
    key: Key = b""


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for every address of the list. ``refused`` is a no to all of them, ``barred`` to all real addresses."""

    question: Question
    book: Rulebook
    terms: PurposeTerms | None
    whose: int | None
    category: str = ""
    refused: Reason | None = None
    barred: Reason | None = None

    #: The header as registered: a stop that was narrowed to another one does not count.
    sender: str = ""
    #: The answers where nothing was wished: a list has few different words.
    known: dict[tuple[Word | None, bool], Verdict] = field(default_factory=dict, compare=False)

    @property
    def is_of_client(self) -> bool:
        """Whether a client asks: of addresses it has nothing to do with it hears of no no (``used_addresses``)."""
        return self.question.fiduciary != OWN_CODE

    def verdict(self, word: Word | None, asked: Wishes = NO_WISHES, *, suppressed: bool = False) -> Verdict:
        """The rule's answer for one word and one person's wishes."""
        if asked is not NO_WISHES:
            return self._verdict(word, asked, suppressed=suppressed)
        said = (word, suppressed)
        if said not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known[said] = self._verdict(word, asked, suppressed=suppressed)
        return self.known[said]

    def _verdict(self, word: Word | None, asked: Wishes, *, suppressed: bool) -> Verdict:
        return contact.may_contact(
            category=self.category,
            channel=self.question.channel,
            needs_consent=self.terms is not None and self.terms.needs_consent,
            word=word,
            wishes=asked,
            window=self.book.hours,
            at=self.question.at,
            is_holiday=self.book.is_holiday,
            subjects=self.book.subjects_of(self.whose or 0),
            suppressed=suppressed,
        )

    def as_meant(self, verdict: Verdict, state: batch_lookups.State | None) -> Verdict:
        """The verdict once it is known what the yes was said to: purpose or text may be others since."""
        if state is None or self.terms is None:
            return verdict
        return contact_decisions.as_meant(verdict, state.said_at, state.notice, self.terms, at=self.question.at)


@dataclass(slots=True)
class Place:
    """One address of the list while it is looked at."""

    keys: tuple[Key, ...]
    #: Whom the caller named: where the person stands for the address, or who is written to there.
    named: UUID | None = None
    state: batch_lookups.State | None = None
    word: Word | None = None
    stop: batch_lookups.Stop | None = None

    @property
    def is_suppressed(self) -> bool:
        said_at = self.state.said_at if self.state is not None else None
        return self.stop is not None and contact.stands(self.stop.at, word=self.word, said_at=said_at)


@dataclass(slots=True)
class Known:
    """What is known of the people of one chunk."""

    holders: Mapping[Key, Sequence[batch_lookups.Holder]] = field(default_factory=dict)
    same: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    wished: Mapping[UUID, Any] = field(default_factory=dict)
    children: AbstractSet[UUID] = frozenset()
    #: By the days that are counted: messages to each reference.
    sent: dict[int, Mapping[UUID, int]] = field(default_factory=dict)

    def person(self, ref: UUID) -> frozenset[UUID]:
        return self.same.get(ref) or frozenset((ref,))


def frame_of(question: Question) -> Frame:
    """Rules, purpose, fiduciary, header and template of a question: looked up once for the whole list."""
    book = rulebook(question.at, purpose=question.purpose, fiduciary=question.fiduciary)
    terms, whose = book.purposes.get(question.purpose), book.fiduciaries.get(question.fiduciary)
    problem = contact_decisions.problem(terms, whose, question.channel, question.header, question.at)
    if problem or terms is None or whose is None:
        return Frame(question, book, terms, whose, refused=problem)
    category, barred = terms.category, None
    if question.header or question.template:
        category, barred, _versions = contact_decisions.agreed(
            terms, whose, question.channel, question.header or "", question.template or "", question.at
        )
    sender = senders.normal_header(question.channel, question.header)[0] if question.header else ""
    return Frame(question, book, terms, whose, category, barred=barred, sender=sender)


def decide_all(
    question: Question,
    addresses: Iterable[str],
    *,
    frame: Frame | None = None,
    written_to: Iterable[UUID | None] | None = None,
) -> Iterator[Answered]:
    """The answer for each address, in their order; for push and dashboard the addresses are subject references.

    ``written_to``: who is meant at each address, where that is known, as ``subject_ref`` of ``may_contact``. Reads only, a few statements for each ``CHUNK``; each chunk is as fresh as its own statements. Never raises for a bad
    address or question: that is a no.
    """
    found = frame or frame_of(question)
    if found.refused is not None:
        for _address in addresses:
            yield Answered(allowed=False, reason=found.refused)
        return
    meant = itertools.repeat(None) if written_to is None else written_to
    for chunk in _chunks(zip(addresses, meant, strict=False)):
        yield from _answers(found, chunk)


def _chunks(items: Iterable[tuple[str, UUID | None]]) -> Iterator[list[tuple[str, UUID | None]]]:
    chunk: list[tuple[str, UUID | None]] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _answers(frame: Frame, chunk: list[tuple[str, UUID | None]]) -> Iterator[Answered]:
    places = _places(frame.question.channel, [address for address, _ref in chunk])
    for place, (_address, ref) in zip(places, chunk, strict=True):
        if place is not None and ref is not None:
            place.named = ref
    real = [place for place in places if place is not None]
    if frame.barred is not None:
        bar = frame.barred
        verdicts = {id(place): Verdict(allowed=False, reason=bar) for place in real}
    else:
        verdicts = _verdicts(frame, real)
    heard = _heard(frame, real, verdicts)
    for place in places:
        if place is None:
            yield Answered(allowed=False, reason=Reason.NO_SUCH_ADDRESS)
            continue
        verdict = verdicts[id(place)]
        entry = _entry(place, verdict)
        if frame.is_of_client and contact.is_of_a_no(verdict.reason) and heard.isdisjoint(place.keys):
            verdict, entry = contact.as_unheard(verdict), None
        yield Answered(verdict.allowed, verdict.reason, entry, verdict.valid_until, place.keys[0])


def _heard(frame: Frame, places: Sequence[Place], verdicts: Mapping[int, Verdict]) -> AbstractSet[Key]:
    """Where a client may hear of a no, of the addresses where there is one: a few statements for each chunk."""
    if not frame.is_of_client:
        return frozenset()
    noes = [place for place in places if contact.is_of_a_no(verdicts[id(place)].reason) and (place.state or place.stop)]
    return told_of_noes(frame.whose or 0, {key for place in noes for key in place.keys})


def _entry(place: Place, verdict: Verdict) -> str | None:
    """The entry of the answer that decided, or of the stop that did."""
    if verdict.reason is Reason.ALLOWED_ESSENTIAL:
        return None
    if verdict.reason is Reason.SUPPRESSED and place.stop is not None:
        return place.stop.entry
    return place.state.entry if place.state is not None else None


def _places(channel: str, chunk: Sequence[str]) -> list[Place | None]:
    kind = KIND_OF_CHANNEL[Channel(channel)]
    if kind == SUBJECT:
        return _subjects(chunk)
    hashed = addresses.hasher()
    found: list[Place | None] = []
    for text in chunk:
        try:
            found.append(Place(hashed(addresses.normalise(kind, text))))
        except Refused:
            found.append(None)
    return found


def _subjects(chunk: Sequence[str]) -> list[Place | None]:
    refs = [_uuid(text) for text in chunk]
    same = people.joined({ref for ref in refs if ref is not None})
    found: list[Place | None] = []
    for ref in refs:
        if ref is None:
            found.append(None)
            continue
        others = sorted(same.get(ref, frozenset((ref,))) - {ref})
        found.append(
            Place(tuple(key for one in (ref, *others) for key in contact_decisions.keys_of_subject(one)), named=ref)
        )
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _verdicts(frame: Frame, places: Sequence[Place]) -> dict[int, Verdict]:
    question, whose = frame.question, frame.whose or 0
    by_subject = KIND_OF_CHANNEL[Channel(question.channel)] == SUBJECT
    keys, of_senders = {key for place in places for key in place.keys}, set[Key]()
    states = batch_lookups.states(keys, question.purpose, question.channel, whose, of_senders=of_senders)
    for place in places:
        rows = [states[key] for key in place.keys if key in states]
        if rows:
            place.state = rows[0] if len(rows) == 1 else _deciding(rows, by_subject=by_subject)
            place.word = place.state.word
    _ask_about_senders(frame, [place for place in places if not of_senders.isdisjoint(place.keys)])
    if contact.is_promotional(frame.category):
        _look_for_stops(frame, places)
    verdicts: dict[int, Verdict] = {}
    left: list[Place] = []
    for place in places:
        verdict = frame.as_meant(frame.verdict(place.word, suppressed=place.is_suppressed), place.state)
        verdicts[id(place)] = verdict
        if contact.asks_wishes(frame.category, verdict) or verdict.reason is Reason.ADDRESS_UNVERIFIED:
            left.append(place)
    if left:
        known = _known(left, by_subject=by_subject, at=question.at)
        for place in left:
            verdicts[id(place)] = _with_people(frame, place, known, by_subject=by_subject)
    return verdicts


def _ask_about_senders(frame: Frame, places: Sequence[Place]) -> None:
    """Where something was answered about one sender: what counts for the one that is asked about (``sender_words``)."""
    for place in places:
        kept = place.state
        said = sender_consents.proved_at(
            frame.whose or 0,
            place.keys,
            frame.question.purpose,
            frame.question.channel,
            sender=frame.sender,
            state=sender_consents.Sealed(kept.entry, kept.word, kept.said_at, kept.notice)
            if kept is not None
            else None,
        )
        place.state = (
            batch_lookups.State(said.word, said.entry, said.subject, said.said_at, said.notice) if said else None
        )
        place.word = said.word if said else None


def _look_for_stops(frame: Frame, places: Sequence[Place]) -> None:
    """One statement; each place gets the last stop under any of its keys."""
    question = frame.question
    found = batch_lookups.stops(
        {key for place in places for key in place.keys},
        purpose=question.purpose,
        channel=question.channel,
        fiduciary=frame.whose or 0,
        header=frame.sender,
    )
    if found:
        for place in places:
            place.stop = max((found[key] for key in place.keys if key in found), default=None)


def _deciding(rows: Sequence[batch_lookups.State], *, by_subject: bool) -> batch_lookups.State:
    """Of the rows under several keys a no wins; where they are all one person's, the latest word."""
    if by_subject:
        return max(rows, key=lambda row: (row.word is UNPROVED_WORD, row.said_at, row.word.answer in NO))
    return max(rows, key=lambda row: (row.word.answer in NO, row.word is UNPROVED_WORD))


def _known(places: Sequence[Place], *, by_subject: bool, at: datetime) -> Known:
    """Holders, joined references, wishes and counts of all these places: a statement each."""
    keys = set() if by_subject else {key for place in places for key in place.keys}
    known = Known(holders=batch_lookups.holders(keys))
    refs = {holder.ref for found in known.holders.values() for holder in found}
    refs |= {place.state.subject for place in places if place.state is not None}
    refs |= {place.named for place in places if place.named is not None}
    known.same = people.joined(refs)
    everybody = refs.union(*known.same.values())
    known.wished = batch_lookups.preferences(everybody)
    known.children = people.children_among(everybody, at=at)
    limited = [(ref, asked) for ref, row in known.wished.items() if (asked := wishes_of_row(row)).pace_most is not None]
    for days in {asked.pace_days for _ref, asked in limited}:
        counted = {same for ref, asked in limited if asked.pace_days == days for same in known.person(ref)}
        known.sent[days] = message_frequency.sent_to_each(refs=counted, days=days, at=at)
    return known


def _with_people(frame: Frame, place: Place, known: Known, *, by_subject: bool) -> Verdict:
    word, state = place.word, place.state
    held = [] if by_subject else [holder for key in place.keys for holder in known.holders.get(key, ())]
    if word is not None and state is not None and not word.verified and word.answer not in NO:
        same = known.person(state.subject)
        word = Word(word.answer, any(h.is_verified and h.ref in same for h in held), word.expires_at)
    verdict = frame.as_meant(frame.verdict(word, suppressed=place.is_suppressed), state)
    if not (known.wished or known.children) or not contact.asks_wishes(frame.category, verdict):
        return verdict
    speaker = state.subject if state and contact.speaks(state.word) else None
    named = {ref for ref in (speaker, place.named) if ref is not None}
    persons: list[frozenset[UUID]] = []
    for ref in sorted(named | {holder.ref for holder in held}):
        if not any(ref in person for person in persons):
            persons.append(known.person(ref))
    return contact.of_several([_of_person(frame, place, word, person, known) for person in persons] or [verdict])


def _of_person(frame: Frame, place: Place, word: Word | None, person: frozenset[UUID], known: Known) -> Verdict:
    if person & known.children and contact.is_promotional(frame.category):
        return contact.for_child()
    rows = [known.wished[ref] for ref in person if ref in known.wished]
    if not rows:
        return frame.verdict(word, suppressed=place.is_suppressed)
    asked = wishes_of_row(max(rows, key=lambda row: (row.changed_at, row.pk)))
    verdict = frame.verdict(word, asked, suppressed=place.is_suppressed)
    if asked.pace_most is None or not verdict.allowed:
        return verdict
    counted = known.sent[asked.pace_days]
    return contact.paced(verdict, wishes=asked, sent=sum(counted.get(ref, 0) for ref in person))
