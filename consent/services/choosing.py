"""The preference page's one Save: which boxes changed, and what follows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentEvent, ConsentReceipt, ConsentState, NoticeText, Suppression
from consent.rules.fold import NO, YES
from consent.rules.hours import Hours
from consent.selectors import history
from consent.selectors.notices import notices_for
from consent.selectors.purposes import is_closed_to_children
from consent.selectors.rulebook import PurposeTerms, rulebook
from consent.selectors.wishes import preference_of
from consent.services import guarding, opting_in, preferring, turns
from consent.services.addresses import SUBJECT, Address, addresses_by_channel, addresses_of, contacts_of
from consent.services.evidence import Evidence
from consent.services.preferring import WishList
from consent.services.recording import Choice, fiduciary_of, record_all
from consent.services.withdrawing import find, latest_of, notice_of, places_of, stopped_since
from consent.states import Answer, Way
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import NotFound, Refused
from portal.core.turns import retried
from portal.law.models import Purpose
from portal.law.states import CHOSEN, MESSAGE_CHANNELS, Channel, MessageCategory
from portal.people import selectors as people
from portal.people.models import ContactPoint
from portal.people.models.fiduciaries import OWN_CODE


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

    @property
    def value(self) -> str:
        return f"{self.purpose}:{self.channel}"


@dataclass(frozen=True)
class Saved:
    """What one Save did; ``receipt`` is None when no box changed."""

    receipt: ConsentReceipt | None
    wishes_changed: bool
    #: Purposes whose yes waits for the person's parent or guardian.
    held: tuple[str, ...] = ()


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
    said = history.latest(history.events_of(subject_ref, refs=refs).filter(fiduciary=whose))
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
        Group(purpose, notices.get(purpose.code), tuple(_with_noes(box, purpose, places, said, noes) for box in boxes))
        for purpose, boxes in drawn
        # A yes that stands can be taken back, whosever the purpose is and whoever said it.
        if any(box.ticked for box in boxes)
        or (purpose.is_of(us=fiduciary == OWN_CODE) and not (is_child and is_closed_to_children(purpose)))
    )
    row = preference_of(refs)
    return Offer(
        groups,
        tuple(contacts),
        preferring.of_row(row, refs),
        book.hours,
        book.longest_pause,
        blocks=preferring.blocked_in(row) != preferring.Blocked(),
        stopped_since=stopped_since(places, said, (*book.asked, *book.unasked), at=at),
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


def _is_old(event: ConsentEvent, terms: PurposeTerms, at: datetime) -> bool:
    """Whether a yes was said to another text or meaning than today's; recorded as ended, or not yet."""
    yes = event.previous if event.answer == Answer.EXPIRED else event
    if yes is None or yes.answer not in YES:
        return False
    return terms.is_overtaken(yes.occurred_at, yes.notice_version_id, at=at)


def _is_over(event: ConsentEvent) -> bool:
    return event.expires_at is not None and event.expires_at <= clock.now()


@retried
def save(
    *,
    subject_ref: UUID,
    ticked: frozenset[str],
    shown: Mapping[str, str],
    wishes: WishList,
    actor: Actor,
    was_ticked: frozenset[str] | None = None,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    opt_in: str = "",
    now: datetime | None = None,
) -> Saved:
    """Record each box that changed, and the wishes: a new tick is a yes to the text shown, a removed one a withdrawal.

    One transaction for all of it: both are kept, or neither. ``ticked`` are values "purpose:channel"; ``was_ticked``
    those that the page showed ticked, so that a box which the person did not touch stays as it has come to be
    meanwhile (a STOP by SMS is not undone by an old page); None: as it stands now. ``shown`` maps each purpose to the
    SHA-256 of the text the person had before them, and ``opt_in`` the request that this Save confirms, where the law asks
    for two steps (``opting_in``). One event for each changed box and address, all under one receipt;
    nothing changed, nothing recorded. The yes of a person for whom somebody else answers is held, as on the questions'
    page; a no holds at once.

    Raises Refused when a text has changed since the page was opened, for a box that is not there, and as
    ``preferring.change``; LostRace when somebody else answered for the same address at the same instant.
    """
    at = now or clock.now()
    with transaction.atomic():
        turns.take_all_of(subject_ref)
        offered = offer(subject_ref, at=at, language=language, fiduciary=fiduciary).groups
        known = {box.value for group in offered for box in group.boxes if box.has_address}
        if ticked - known:
            raise Refused(
                _("One of the choices is not offered any more. Look at them again and save."), code="NOT_OFFERED"
            )
        choices: list[Choice] = []
        held: list[str] = []
        is_held = people.protection_of(subject_ref, at=at) is not None
        for group in offered:
            wanted: list[Choice] = []
            for box in group.boxes:
                before = box.ticked if was_ticked is None else box.value in was_ticked
                if before == (box.value in ticked):
                    continue
                if before:  # also a yes that does not count any more since the page was opened: no is said to it
                    choices += _withdrawals(box, subject_ref, fiduciary)
                elif not box.ticked:
                    wanted += _yeses(group, box, subject_ref, shown, opting_in.evidence_of(opt_in))
            if not is_held:
                choices += wanted
            elif wanted and group.notice is not None:
                held.append(group.purpose.code)
                guarding.hold(
                    subject_ref=subject_ref,
                    fiduciary=fiduciary_of(fiduciary),
                    purpose=group.purpose.code,
                    channels={choice.channel for choice in wanted} - {str(Channel.NONE)},
                    notice=group.notice,
                    actor=actor,
                    now=at,
                )
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=choices,
            way=Way.PAGE,
            occurred_at=at,
            actor=actor,
            now=at,
        )
        wishes_changed = preferring.change(subject_ref=subject_ref, wishes=wishes, actor=actor, now=at)
    return Saved(done.receipt, wishes_changed, tuple(held))


def _yeses(
    group: Group, box: Box, subject_ref: UUID, shown: Mapping[str, str], pieces: Sequence[Evidence]
) -> list[Choice]:
    if group.notice is None:
        raise Refused(_("This is not asked for yet: its notice is not published."), code="NOTICE_MISSING")
    if shown.get(group.purpose.code) != group.notice.sha256:
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )
    return [
        Choice(place, box.purpose, box.channel, Answer.GIVEN, group.notice, pieces)
        for place in addresses_of(subject_ref, box.channel)
    ]


def _withdrawals(box: Box, subject_ref: UUID, fiduciary: str) -> list[Choice]:
    whose = fiduciary_of(fiduciary)
    said = latest_of(subject_ref, whose)
    found = []
    for place in places_of(subject_ref, whose, box.purpose, box.channel):
        before = find(said, place, box.purpose, box.channel)
        if before is not None and before.answer in YES:
            found.append(Choice(place, box.purpose, box.channel, Answer.WITHDRAWN, notice_of(before)))
    return found
