"""What the preference page offers: each purpose with its text and boxes, as they stand now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer
from consent.base.models.notices import NoticeText
from consent.base.rules.hours import Hours
from consent.base.rules.status_fold import NO, YES
from consent.base.selectors.contact_rulebook import PurposeTerms, rulebook
from consent.base.selectors.notices import notices_for
from consent.base.selectors.purposes import is_closed_to_children
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from consent.records.selectors import history
from consent.records.selectors.preferences import preference_of
from consent.records.services.addresses import SUBJECT, Address, addresses_by_channel, contacts_of
from consent.suppressions.services.withdrawals import stopped_since
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.law.choices import CHOSEN, MESSAGE_CHANNELS, Channel, MessageCategory
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint
from portal.kernel.people.models.fiduciaries import OWN_CODE


@dataclass(frozen=True)
class Box:
    """One tick box. ``last`` is the person's latest answer about it; ``blocked`` when somebody else there said no.

    ``stopped``: promotion was stopped at the address itself after the yes, by nobody knows whom of those who use it.
    ``waits``: there is a yes, and it does not count before the person has confirmed the number or address.
    """

    purpose: str
    channel: str
    ticked: bool
    last: ConsentEvent | None
    has_address: bool
    blocked: bool = False
    stopped: bool = False
    waits: bool = False
    #: There was a yes to an earlier text or meaning: it counts no more, and the question is put again.
    asks_again: bool = False
    #: The person's latest words about single senders, where they are later than the one about all.
    of_senders: tuple[ConsentEvent, ...] = ()

    @property
    def value(self) -> str:
        return f"{self.purpose}:{self.channel}"


@dataclass(frozen=True)
class Wording:
    """One exact text that ticks agree to, with the names of all purposes that it asks for. A page shows it once.

    ``mark`` tells it from the page's other texts. ``is_known``: each of its purposes was answered under this version.
    """

    text: NoticeText
    mark: str
    purposes: tuple[str, ...]
    is_known: bool


@dataclass(frozen=True)
class Group:
    """One purpose with its boxes and the exact text that a tick agrees to; without a text it is not asked for yet.

    ``wording`` is the mark of that text, and ``begins`` the text itself where no group before has the same.
    """

    purpose: Purpose
    notice: NoticeText | None
    boxes: tuple[Box, ...]
    wording: str = ""
    begins: Wording | None = None

    @property
    def is_asked(self) -> bool:
        return self.notice is not None

    @property
    def is_answered(self) -> bool:
        """Whether anything was answered under the version that is asked for today."""
        version = self.notice.version_id if self.notice is not None else None
        return any(box.last is not None and box.last.notice_version_id == version for box in self.boxes)

    @property
    def asks_again(self) -> bool:
        return any(box.asks_again for box in self.boxes)


@dataclass(frozen=True)
class Offer:
    """All that the preference page shows of a person: choices, addresses, wishes, and the hours that law permits."""

    groups: tuple[Group, ...]
    contacts: tuple[ContactPoint, ...]
    wishes: WishList
    hours: Hours | None
    longest_pause: int
    #: Whether the person blocks something ("do not disturb"): that is stronger than a tick.
    blocks: bool = False
    #: Since when everything promotional is stopped, at every address; None: something is not.
    stopped_since: datetime | None = None

    @property
    def messages(self) -> list[Group]:
        return [group for group in self.groups if group.purpose.sends_messages]

    @property
    def processing(self) -> list[Group]:
        """Purposes that are no messages: analytics, recording, tools."""
        return [group for group in self.groups if not group.purpose.sends_messages]

    @property
    def has_waiting(self) -> bool:
        """Whether a yes waits for a number or address to be confirmed."""
        return any(box.waits for group in self.groups for box in group.boxes)

    @property
    def has_senders(self) -> bool:
        """Whether an answer is shown that is about a single sender."""
        return any(box.of_senders for group in self.groups for box in group.boxes)

    @property
    def ticked(self) -> list[str]:
        return [box.value for group in self.groups for box in group.boxes if box.ticked]


def offer(subject_ref: UUID, *, at: datetime, language: str = "en", fiduciary: str = OWN_CODE) -> Offer:
    """What the person may choose, as it stands now: promotional purposes first, then service updates, then what is no message.

    Purposes and hours are those of the decisions' rulebook, so that the page and a decision speak of the same.
    """
    book = rulebook(at, fiduciary=fiduciary)
    whose = book.fiduciaries.get(fiduciary)
    if whose is None:
        raise NotFound(_("There is no such fiduciary."))
    refs = people.refs_of(subject_ref)
    events = list(history.events_of(subject_ref, refs=refs).filter(fiduciary=whose))
    said, alone = history.latest(events), history.latest_of_senders(events)
    contacts = contacts_of(refs)
    places = addresses_by_channel(subject_ref, contacts=contacts)
    purposes = [p for p in book.asked if p.message_category in CHOSEN or not p.sends_messages]
    is_child = people.is_child(subject_ref, at=at, refs=refs)
    notices = notices_for([purpose.code for purpose in purposes], on=book.on, language=language)
    drawn = [
        (
            purpose,
            [
                _box(book.purposes[purpose.code], channel, places[channel], said, at)
                for channel in (*MESSAGE_CHANNELS, Channel.NONE)
                if channel in purpose.channels
            ],
        )
        for purpose in sorted(purposes, key=_place_on_the_page)
    ]
    noes = _noes([box for _purpose, boxes in drawn for box in boxes], places, refs, whose)
    groups = _with_wordings(
        Group(
            purpose,
            notices.get(purpose.code),
            tuple(_with_senders(_with_noes(box, purpose, places, said, noes), alone) for box in boxes),
        )
        for purpose, boxes in drawn
        # A yes that stands can be taken back, whosever the purpose is and whoever said it.
        if any(box.ticked for box in boxes)
        or (purpose.is_of(us=fiduciary == OWN_CODE) and not (is_child and is_closed_to_children(purpose)))
    )
    row = preference_of(refs)
    return Offer(
        groups,
        tuple(contacts),
        preferences.of_row(row, refs),
        book.hours,
        book.longest_pause,
        blocks=preferences.blocked_in(row) != preferences.Blocked(),
        stopped_since=stopped_since(places, said, alone, (*book.asked, *book.unasked), at=at),
    )


def _with_wordings(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Each group with its text, which stands before the first group that has it (DPDP s.5(1): the notice comes first)."""
    drawn = tuple(groups)
    sharing: dict[int, list[Group]] = {}
    for group in drawn:
        if group.notice is not None:
            sharing.setdefault(group.notice.pk, []).append(group)
    found = []
    for group in drawn:
        if group.notice is None:
            found.append(group)
            continue
        same = sharing[group.notice.pk]
        mark = same[0].purpose.code
        wording = Wording(
            group.notice, mark, tuple(each.purpose.name for each in same), all(each.is_answered for each in same)
        )
        found.append(replace(group, wording=mark, begins=wording if group is same[0] else None))
    return tuple(found)


def _place_on_the_page(purpose: Purpose) -> tuple[int, str]:
    if not purpose.sends_messages:
        return len(CHOSEN), purpose.code
    return CHOSEN.index(MessageCategory(purpose.message_category)), purpose.code


def _box(
    terms: PurposeTerms,
    channel: str,
    places: list[Address],
    said: Mapping[tuple[int, bytes, str, str], ConsentEvent],
    at: datetime,
) -> Box:
    own = [event for (_f, _key, p, c), event in said.items() if p == terms.code and c == channel]
    last = max(own, key=lambda event: (event.occurred_at, event.answer not in YES, event.pk), default=None)
    # Where the person stands for the address, what they said under several references is one answer after another.
    counted = [last] if last is not None and last.address_kind == SUBJECT else own
    ticked = any(event.answer in YES and not _is_over(event) and not _is_old(event, terms, at) for event in counted)
    asks_again = not ticked and any(_is_old(event, terms, at) for event in counted)
    waits = ticked and bool(places) and not any(place.is_verified for place in places)
    return Box(terms.code, str(channel), ticked, last, has_address=bool(places), waits=waits, asks_again=asks_again)


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


def _with_noes(
    box: Box,
    purpose: Purpose,
    places: Mapping[str, list[Address]],
    said: Mapping[tuple[int, bytes, str, str], ConsentEvent],
    noes: Sequence[No],
) -> Box:
    """A stop is of promotion only, and counts until a yes that was given after it."""
    if not box.ticked or not noes:
        return box
    keys_of = [frozenset(place.keys) for place in places[box.channel]]
    own = [no for no in noes if no[1] in {"", box.purpose} and no[2] in {"", box.channel}]
    refused = any(no[3] != _STOP and any(no[0] in keys for keys in keys_of) for no in own)
    yeses = [
        (keys, event.occurred_at)
        for (_f, key, p, c), event in said.items()
        if (p, c) == (box.purpose, box.channel) and event.answer in YES
        for keys in keys_of
        if key in keys
    ]
    stopped = purpose.is_promotional and any(
        no[3] == _STOP and no[0] in keys and no[4] >= at for no in own for keys, at in yeses
    )
    return replace(box, blocked=refused or stopped, stopped=stopped and not refused)


def _with_senders(box: Box, alone: Sequence[ConsentEvent]) -> Box:
    own = tuple(event for event in alone if (event.purpose, event.channel) == (box.purpose, box.channel))
    return replace(box, of_senders=own) if own else box


def _is_old(event: ConsentEvent, terms: PurposeTerms, at: datetime) -> bool:
    """Whether a yes was said to another text or meaning than today's; recorded as ended, or not yet."""
    yes = event.previous if event.answer == Answer.EXPIRED else event
    if yes is None or yes.answer not in YES:
        return False
    return terms.is_overtaken(yes.occurred_at, yes.notice_version_id, at=at)


def _is_over(event: ConsentEvent) -> bool:
    return event.expires_at is not None and event.expires_at <= clock.now()
