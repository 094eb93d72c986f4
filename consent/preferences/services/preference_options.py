"""What the preference page offers: each purpose with its notice and boxes, as they are now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.base.labels import DATA
from consent.base.models.notices import NoticeText
from consent.base.rules.contact import NO_WISHES
from consent.base.rules.dnd_rules import NOTHING_BLOCKED
from consent.base.rules.hours import Hours
from consent.base.rules.status_fold import YES
from consent.base.selectors.contact_rulebook import Rulebook, rulebook
from consent.base.selectors.notices import notices_in_language
from consent.base.selectors.purposes import is_closed_to_children
from consent.preferences.rules import State
from consent.preferences.services import preferences
from consent.preferences.services.preference_boxes import Box, Boxes, with_pending
from consent.preferences.services.preferences import WishList
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.selectors.preferences import blocks_of_row, preference_of, wishes_of_row
from consent.records.services.addresses import KIND_OF_CHANNEL, addresses_by_channel, contacts_of
from consent.suppressions.services.withdrawals import stopped_since
from portal.kernel.core.errors import NotFound
from portal.kernel.law.channels import PHONE
from portal.kernel.law.choices import CHOSEN, MESSAGE_CHANNELS, Channel, MessageCategory
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ProtectionKind
from portal.kernel.people.models import ContactPoint
from portal.kernel.people.models.fiduciaries import OWN_CODE


@dataclass(frozen=True)
class Group:
    """One purpose with its boxes and the exact text that a new consent agrees to.

    ``is_published``: a notice asks for it, in some language; without one in the reader's there is no ``notice``.
    """

    purpose: Purpose
    notice: NoticeText | None
    is_published: bool
    boxes: tuple[Box, ...]

    @property
    def is_untranslated(self) -> bool:
        """Whether nobody is asked only because the notice is not in the reader's language yet."""
        return self.is_published and self.notice is None

    @property
    def is_shown(self) -> bool:
        """Whether a use of data is on the page: what is asked where it is needed is shown once a consent is in force."""
        if self.purpose.is_asked_in_place:
            return any(box.ticked or box.asks_again for box in self.boxes)
        return self.is_published or any(box.last for box in self.boxes)

    @property
    def asks_again(self) -> bool:
        """Whether a consent to an earlier text ended, and there is a box to consent anew."""
        return any(box.asks_again and box.can_be_chosen for box in self.boxes)

    @property
    def data(self) -> list[str]:
        """The personal data that it uses, in the reader's language."""
        return [str(DATA[category]) for category in self.purpose.used_categories]


@dataclass(frozen=True)
class Row:
    """One channel of the matrix."""

    channel: Channel
    cells: list[tuple[Group, Box | None]]

    @property
    def boxes(self) -> list[Box]:
        return [box for _group, box in self.cells if box is not None]

    @property
    def needs_address(self) -> bool:
        """Whether no message may come before a number or address is confirmed."""
        return not any(box.has_confirmed for box in self.boxes)

    @property
    def has_unconfirmed(self) -> bool:
        return any(box.has_address for box in self.boxes)

    @property
    def needs_number(self) -> bool:
        return KIND_OF_CHANNEL[self.channel] == PHONE

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say of it but that an address is missing."""
        return self.needs_address and not any(box.can_be_chosen or box.last for box in self.boxes)


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
    def refusable(self) -> list[tuple[Group, Box]]:
        """What the page shows and the person may refuse without ever having consented: only what we ask for at all."""
        shown = [*self.messages, *(group for group in self.processing if group.is_shown)]
        return [(group, box) for group in shown if group.is_published for box in group.boxes if box.can_be_refused]

    @property
    def rows(self) -> list[Row]:
        """The matrix: each channel with its box of each purpose, None where the purpose does not use the channel."""
        columns = [(group, {box.channel: box for box in group.boxes}) for group in self.messages]
        rows = [Row(channel, [(group, boxes.get(channel)) for group, boxes in columns]) for channel in MESSAGE_CHANNELS]
        return [row for row in rows if row.boxes]

    @property
    def of_senders(self) -> list[tuple[Group, ConsentEvent]]:
        """The answers that are about a single sender."""
        return [(group, event) for group in self.messages for box in group.boxes for event in box.of_senders]

    @property
    def ticked(self) -> list[str]:
        return [box.value for group in self.groups for box in group.boxes if box.ticked]


def offer(subject_ref: UUID, *, at: datetime, language: str = "en", fiduciary: str = OWN_CODE) -> Offer:
    """What the person may choose now: promotional purposes first, then service updates, then uses of data. Reads only.

    Purposes and hours are those of the decisions' rulebook, so that the page and a decision speak of the same. A notice
    is there in ``language`` or not at all.
    """
    book = rulebook(at, fiduciary=fiduciary)
    whose = book.fiduciaries.get(fiduciary)
    if whose is None:
        raise NotFound(_("Fiduciary not found."))
    refs = people.refs_of(subject_ref)
    events = list(history.events_of(subject_ref, refs=refs).filter(fiduciary=whose))
    said, alone = history.latest(events), history.latest_of_senders(events)
    contacts, row = contacts_of(refs), preference_of(refs)
    places = addresses_by_channel(subject_ref, contacts=contacts)
    protection = people.protection_of(subject_ref, at=at, refs=refs)
    dnd = blocks_of_row(row) if row is not None else NOTHING_BLOCKED
    known = Boxes(events, places, is_blocked=partial(dnd.stop, subjects=book.subjects_of(whose)), at=at)
    boxes = known.with_noes(_boxes_of(known, book), book.purposes, refs, whose)
    if protection is not None:
        boxes = with_pending(boxes, refs, whose)
    is_child = protection is not None and protection.kind == ProtectionKind.CHILD
    return Offer(
        _groups(boxes, book, language, us=fiduciary == OWN_CODE, is_child=is_child),
        tuple(contacts),
        preferences.of_row(row, refs),
        book.hours,
        book.longest_pause,
        blocks=preferences.blocked_in(row) != preferences.Blocked(),
        stopped_since=stopped_since(places, said, alone, (*book.asked, *book.unasked), at=at),
    )


def ways_of_promotion(
    subject_ref: UUID,
    *,
    at: datetime,
    refs: Collection[UUID],
    contacts: Sequence[ContactPoint],
    events: Iterable[ConsentEvent],
) -> list[str]:
    """The channels by which our own promotional messages come to the person now, by the boxes of the preference page: none
    while they pause them.

    ``events``: every answer of the person. Two statements at most.
    """
    book, row = rulebook(at, fiduciary=OWN_CODE), preference_of(refs)
    own = book.fiduciaries.get(OWN_CODE)
    wishes = wishes_of_row(row) if row is not None else NO_WISHES
    if own is None or (wishes.paused_until is not None and wishes.paused_until > at):
        return []
    places = addresses_by_channel(subject_ref, contacts=contacts)
    is_blocked = partial(wishes.blocks.stop, subjects=book.subjects_of(own))
    known = Boxes([each for each in events if each.fiduciary_id == own], places, is_blocked=is_blocked, at=at)
    promotional = {purpose.code for purpose in book.asked if purpose.is_promotional}
    boxes = [box for box in _boxes_of(known, book) if box.purpose in promotional]
    found = {
        box.channel
        for box in known.with_noes(boxes, book.purposes, refs, own)
        if box.state is State.GIVEN or (_has_sender(box, at) and not is_blocked(box.channel))
    }
    return [channel for channel in MESSAGE_CHANNELS if channel in found]


def _has_sender(box: Box, at: datetime) -> bool:
    """Whether a single sender may send that has a consent of its own."""
    return box.has_confirmed and any(history.standing_of(event, at=at) in YES for event in box.of_senders)


def _chosen_about(book: Rulebook) -> list[Purpose]:
    """The purposes that a person chooses about, in the order of the page."""
    asked = [p for p in book.asked if p.message_category in CHOSEN or not p.sends_messages]
    return sorted(asked, key=_place_on_the_page)


def _boxes_of(known: Boxes, book: Rulebook) -> list[Box]:
    return [
        known.box(book.purposes[purpose.code], channel)
        for purpose in _chosen_about(book)
        for channel in (*MESSAGE_CHANNELS, Channel.NONE)
        if channel in purpose.channels
    ]


def _groups(boxes: Sequence[Box], book: Rulebook, language: str, *, us: bool, is_child: bool) -> tuple[Group, ...]:
    """The purposes that are on the page. A consent can be withdrawn, whosever the purpose is and whoever gave it."""
    purposes = _chosen_about(book)
    notices = notices_in_language([purpose.code for purpose in purposes], on=book.on, language=language)
    found = []
    for purpose in purposes:
        own = [box for box in boxes if box.purpose == purpose.code]
        may_be_asked = purpose.is_of(us=us) and not (is_child and is_closed_to_children(purpose))
        if not may_be_asked and not any(box.ticked for box in own):
            continue
        notice = notices.get(purpose.code)
        is_asked = notice is not None and may_be_asked and not purpose.is_asked_in_place
        found.append(
            Group(purpose, notice, purpose.code in notices, tuple(replace(box, is_asked=is_asked) for box in own))
        )
    return tuple(found)


def _place_on_the_page(purpose: Purpose) -> tuple[int, str]:
    if not purpose.sends_messages:
        return len(CHOSEN), purpose.code
    return CHOSEN.index(MessageCategory(purpose.message_category)), purpose.code
