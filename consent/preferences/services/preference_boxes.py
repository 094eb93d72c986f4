"""The boxes of the preferences: what each cell says of a person's answers, and whether it can be ticked."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Value

from consent.base.choices import Answer, HeldState, Way
from consent.base.rules.status_fold import NO, YES
from consent.base.selectors.contact_rulebook import PurposeTerms
from consent.preferences import rules
from consent.preferences.choices import CellState
from consent.preferences.rules import State
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import HeldConsent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from consent.records.selectors import history
from consent.records.services.addresses import SUBJECT, Address
from portal.kernel.law.choices import Channel, MessageCategory


@dataclass(frozen=True)
class Box:
    """One cell: a purpose on a channel. ``last`` is the person's latest answer about it."""

    purpose: str
    channel: str
    ticked: bool
    state: State
    last: ConsentEvent | None
    #: Whether a message could reach a number or address that the person has confirmed.
    has_confirmed: bool
    #: Whether there is one at all, confirmed or not.
    has_address: bool = False
    #: The notice that asks for it can be read in the language of the page.
    is_asked: bool = False
    #: Promotion was stopped at the address itself after the consent, by nobody knows whom of those who use it.
    stopped: bool = False
    #: There was a consent to an earlier text or meaning, which is asked for again.
    asks_again: bool = False
    #: The person's latest words about single senders, where they are later than the one about all.
    of_senders: tuple[ConsentEvent, ...] = ()

    @property
    def value(self) -> str:
        return f"{self.purpose}:{self.channel}"

    @property
    def word(self) -> str:
        """What the cell says, in the reader's language."""
        return str(CellState(self.state).label)

    @property
    def blocked(self) -> bool:
        """Whether somebody else who uses the address refused, or promotion was stopped there."""
        return self.state is State.BLOCKED

    @property
    def waits(self) -> bool:
        """Whether there is a consent that does not count before the number or address is confirmed."""
        return self.state is State.UNCONFIRMED

    @property
    def can_be_chosen(self) -> bool:
        """Whether there is a box: a consent can always be taken back, a new one needs an address and a readable notice."""
        return self.ticked or (self.has_confirmed and self.is_asked and self.state is not State.PENDING)

    @property
    def can_be_refused(self) -> bool:
        """Whether nothing counts here, neither a consent nor a refusal, and the person can be reached: they may refuse.

        A refusal needs no notice that they can read, and no address that they have confirmed: it only says no.
        """
        return self.has_address and self.state in {State.NO_CHOICE, State.EXPIRED}


class Boxes:
    """All that is known of a person's answers to one company, from which each box is made. Reads only."""

    def __init__(
        self,
        events: Sequence[ConsentEvent],
        places: Mapping[str, list[Address]],
        *,
        is_blocked: Callable[[str], bool],
        at: datetime,
    ) -> None:
        self._events = sorted((event for event in events if not event.sender), key=history.order_of)
        self._latest = history.latest(self._events)
        self._alone = history.latest_of_senders(events)
        self._places, self._is_blocked, self._at = places, is_blocked, at

    def box(self, terms: PurposeTerms, channel: str) -> Box:
        """The cell of a purpose and a channel, before the word of anybody else is asked."""
        at_places: dict[bytes, list[ConsentEvent]] = {}
        for event in self._events:
            if (event.purpose, event.channel) == (terms.code, channel):
                # What was said under several references of a person is one answer after another.
                key = b"" if event.address_kind == SUBJECT else bytes(event.address_key)
                at_places.setdefault(key, []).append(event)
        state = rules.combined(rules.state_of(self._words(events, terms)) for events in at_places.values())
        latest = [events[-1] for events in at_places.values()]
        last = max(latest, key=history.order_of, default=None)
        ticked, reached = state is State.GIVEN, self._places[channel]
        has_confirmed = any(place.is_verified for place in reached)
        if ticked and reached and not has_confirmed:
            state = State.UNCONFIRMED
        elif ticked and self._is_blocked(channel):
            state = State.DND
        return Box(
            terms.code,
            str(channel),
            ticked,
            state,
            last,
            has_confirmed=has_confirmed,
            has_address=bool(reached),
            asks_again=not ticked and any(_is_old(event, terms, self._at) for event in latest),
            of_senders=tuple(e for e in self._alone if (e.purpose, e.channel) == (terms.code, channel)),
        )

    def _words(self, events: Iterable[ConsentEvent], terms: PurposeTerms) -> Iterable[rules.Word]:
        for event in events:
            is_over = event.expires_at is not None and event.expires_at <= self._at
            yield rules.Word(
                event.answer,
                is_over=is_over or (event.answer in YES and _is_old(event, terms, self._at)),
                is_undo=event.way == Way.UNDO,
            )

    def with_noes(
        self, boxes: Sequence[Box], purposes: Mapping[str, PurposeTerms], refs: Collection[UUID], fiduciary_id: int
    ) -> list[Box]:
        """The boxes, with what others said at their addresses."""
        noes = _noes(boxes, self._places, refs, fiduciary_id)
        return [self._with_noes(box, purposes[box.purpose], noes) for box in boxes]

    def _with_noes(self, box: Box, purpose: PurposeTerms, noes: Sequence["No"]) -> Box:
        """A stop is of promotion only, and counts until a yes that was given after it."""
        if not box.ticked or not noes:
            return box
        keys_of = [frozenset(place.keys) for place in self._places[box.channel]]
        own = [no for no in noes if no[1] in {"", box.purpose} and no[2] in {"", box.channel}]
        refused = any(no[3] != _STOP and any(no[0] in keys for keys in keys_of) for no in own)
        yeses = [
            (keys, event.occurred_at)
            for (_f, key, p, c), event in self._latest.items()
            if (p, c) == (box.purpose, box.channel) and event.answer in YES
            for keys in keys_of
            if key in keys
        ]
        stopped = purpose.category == MessageCategory.PROMOTIONAL and any(
            no[3] == _STOP and no[0] in keys and no[4] >= at for no in own for keys, at in yeses
        )
        if not refused and not stopped:
            return box
        return replace(box, state=State.BLOCKED, stopped=stopped and not refused)


def _is_old(event: ConsentEvent, terms: PurposeTerms, at: datetime) -> bool:
    """Whether a yes was said to another text or meaning than today's; recorded as ended, or not yet."""
    yes = event.previous if event.answer == Answer.EXPIRED else event
    if yes is None or yes.answer not in YES:
        return False
    return terms.is_overtaken(yes.occurred_at, yes.notice_version_id, at=at)


#: One no at an address: its lookup hash, purpose and channel (empty for all of them), what it is, and since when.
No = tuple[bytes, str, str, str, datetime]
_STOP = "stop"


def _noes(
    boxes: Sequence[Box], places: Mapping[str, list[Address]], refs: Collection[UUID], fiduciary_id: int
) -> list[No]:
    """What others answered no, and the stops, at the addresses of ticked boxes. One query for all, none without a tick."""
    channels = {box.channel for box in boxes if box.ticked}
    keys = [key for channel in channels for place in places[channel] for key in place.keys]
    if not keys:
        return []
    place = {"fiduciary_id": fiduciary_id, "address_key__in": keys}
    refused = ConsentState.objects.filter(**place, channel__in=channels, answer__in=NO).exclude(subject_ref__in=refs)
    stopped = Suppression.objects.filter(**place, header="", lift=None).order_by()
    rows = (
        refused.order_by()
        .values_list("address_key", "purpose", "channel", "answer", "occurred_at")
        .union(stopped.values_list("address_key", "purpose", "channel", Value(_STOP), "suppressed_at"), all=True)
    )
    return [(bytes(key), purpose, channel, what, at) for key, purpose, channel, what, at in rows]


def with_pending(boxes: Iterable[Box], refs: Collection[UUID], fiduciary_id: int) -> list[Box]:
    """The boxes of a person for whom somebody else decides, with the consents that wait for that person."""
    pending = HeldConsent.objects.filter(subject_ref__in=refs, fiduciary=fiduciary_id, state=HeldState.HELD)
    waiting = {
        (row.purpose, channel) for row in pending for channel in (row.channels or [str(Channel.NONE)])
    }  # fmt: skip
    return [
        replace(box, state=State.PENDING) if not box.ticked and (box.purpose, box.channel) in waiting else box
        for box in boxes
    ]
