"""A broadcast goes on, turn by turn: each turn is one transaction of some people, their rows and their messages.

A turn looks first at whom the channel in use did not reach, then at whose hour has come, then at people not looked at
yet, in the order of their numbers. A worker that dies leaves whole turns or none; two at once take turns; and of a
person there is one row, by a constraint. Nothing runs between turns, so that the pace costs no worker.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from consent.base.rules.broadcasts import (
    CANCELLED,
    NO_TEXT,
    NO_WAY,
    PURPOSE_CHANGED,
    SEGMENT_GREW,
    TEXTS_CHANGED,
    TOLD_ALREADY,
    allowance,
    may_take_over,
)
from consent.base.selectors.contact_routes import reached
from consent.broadcasts.choices import BROADCAST_MOVES, BroadcastState
from consent.broadcasts.models import Broadcast, BroadcastPerson
from consent.broadcasts.selectors.broadcasts import GAVE_UP, MAY_HAVE_LEFT, under_way
from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services import approval, channel_selection, content, controls
from consent.broadcasts.services.channel_selection import Go, Stay
from consent.broadcasts.services.content import Plan
from portal.kernel.core import actor as actors
from portal.kernel.core import advisory_locks, clock
from portal.kernel.core.errors import PortalError
from portal.kernel.core.state_transitions import move
from portal.kernel.law.category_order import PROMOTIONAL
from portal.kernel.law.channels import ADDRESS_KIND
from portal.kernel.law.request_cache import remembering
from portal.kernel.law.selectors import house_rule
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services.bulk_messages import Letter, post_all
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Principal

log = structlog.get_logger(__name__)

#: The kind of its messages.
KIND: Final = "consent.broadcast"
SENDER: Final = actors.system("consent.broadcasts")
#: People in one turn: a transaction of a second or two.
BATCH: Final = 100
#: Rows that are only closed.
_MANY: Final = 2_000
#: For how long one visit of beat works at one broadcast: another may wait behind it.
SECONDS: Final = 10.0
_MINUTE: Final = timedelta(minutes=1)
#: The rule that says how long an essential message that left is watched for a report that it did not arrive, before it
#: counts as sent.
REPORT_WAIT: Final = "broadcasts.report_wait"


class Turn(IntEnum):
    """What a turn did: nothing is left to do now, or it went on with people looked at before, or with new ones."""

    NOTHING = 0
    LOOKED_BACK = 1
    LOOKED_ON = 2


def run_all(*, seconds: float) -> int:
    """Go on with every broadcast that is under way. Returns how many turns were taken. One that breaks holds up no other."""
    count = 0
    for pk in under_way().values_list("pk", flat=True):
        try:
            count += run(pk, seconds=seconds)
        except Exception as crash:  # noqa: BLE001 - whatever broke, those behind it are owed their turns
            # No traceback: it may quote a person's data.
            log.error("consent.broadcast_crashed", broadcast=pk, error=type(crash).__name__)  # noqa: TRY400
    return count


def run(broadcast_id: int, *, seconds: float, most: int = sys.maxsize) -> int:
    """Take turns, at most so many, until nothing is left to do now or the time is over. Returns how many.

    Opens its own transactions. Looking back at everybody who was written to costs more with each of them: it is done first,
    for as long as it finds somebody, and again when nobody new is left.
    """
    until, count, looks_back = time.monotonic() + seconds, 0, True
    while count < most and time.monotonic() < until:
        done = take_turn(broadcast_id, at=clock.now(), looks_back=looks_back)
        if done == Turn.NOTHING and looks_back:
            break
        count += done != Turn.NOTHING
        looks_back = done != Turn.LOOKED_ON
    return count


def take_turn(broadcast_id: int, *, at: datetime, looks_back: bool = True) -> Turn:
    """One turn at one broadcast, in a transaction of its own. ``looks_back``: at people who were looked at already, first."""
    with remembering(), transaction.atomic(), transaction.atomic(using="keys"):
        advisory_locks.take(f"consent.broadcast:{broadcast_id}")
        row = Broadcast.objects.filter(pk=broadcast_id, ended_at=None).first()
        if row is None or row.state not in {BroadcastState.SENDING, BroadcastState.CANCELLED}:
            return Turn.NOTHING
        if row.state == BroadcastState.CANCELLED:
            return _count_cancelled(row, at)
        plan = approval.plan_of(row)
        if because := _is_other_than_agreed(row, plan, at):
            return _stop_for_people(row, because, at)
        return _send(row, plan, at, looks_back=looks_back)


def _is_other_than_agreed(row: Broadcast, plan: Plan, at: datetime) -> str:
    """Two people agreed to a category and to every text. Where a purpose has another one since or ended, or anything else
    is not what they saw, a new broadcast is needed: the code of what changed, empty where nothing did.
    """
    purpose = content.purpose_of(row.purpose, at=at)
    if purpose is None or purpose.message_category != row.category:
        return PURPOSE_CHANGED
    return "" if approval.is_as_agreed(row, plan) else TEXTS_CHANGED


def _stop_for_people(row: Broadcast, because: str, at: datetime) -> Turn:
    """Pause it until somebody decides: there is nothing more to do now."""
    move(row, BroadcastState.PAUSED, moves=BROADCAST_MOVES, paused_because=because)
    controls.note(row, SENDER, at)
    return Turn.NOTHING


def _send(row: Broadcast, plan: Plan, at: datetime, *, looks_back: bool) -> Turn:
    looks_back = looks_back or row.listed_at is not None
    has_settled = looks_back and _settle(row, at)
    left = allowance(
        per_minute=row.per_minute,
        posted=BroadcastPerson.objects.filter(broadcast=row, posted_at__gt=at - _MINUTE).count(),
    )
    if not left:
        return Turn.NOTHING
    most = min(left, BATCH)
    if looks_back and (again := _not_reached(row, at, most) or _waiting(row, at, most)):
        _go_on(row, plan, again, at)
        return Turn.LOOKED_BACK
    if row.listed_at is None:
        return _look_at_more(row, plan, at, most)
    return Turn.LOOKED_BACK if has_settled else _end(row, BroadcastState.DONE, at)


# ------------------------------------------------------------------------------------------- people not looked at yet


def _next_people(row: Broadcast, most: int) -> list[Principal]:
    """The next of the segment behind the cursor; at the end the row says that everybody was looked at."""
    found = Segment.from_json(row.segment).people().filter(pk__gt=row.cursor).select_related("subject")
    return list(found.order_by("pk")[:most])


def _look_at_more(row: Broadcast, plan: Plan, at: datetime, most: int) -> Turn:
    """People not looked at yet; a segment that outgrew what was agreed to stops before its surplus is reached."""
    batch = _next_people(row, most)
    if not batch:
        Broadcast.objects.filter(pk=row.pk).update(listed_at=at)
        return Turn.LOOKED_ON
    if BroadcastPerson.objects.filter(broadcast=row).count() + len(batch) > approval.most(row, at):
        return _stop_for_people(row, SEGMENT_GREW, at)
    fresh, again = _apart(row, batch)
    ways = channel_selection.choose(row, reached(fresh), starts={}, at=at)
    lines = [BroadcastPerson(broadcast=row, subject_ref=person.subject.ref) for person in fresh]
    _take(row, plan, [(line, ways[line.subject_ref], person) for line, person in zip(lines, fresh, strict=True)], at)
    told = [
        BroadcastPerson(broadcast=row, subject_ref=person.subject.ref, is_open=False, reason=TOLD_ALREADY)
        for person in again
    ]
    BroadcastPerson.objects.bulk_create([*lines, *told])
    Broadcast.objects.filter(pk=row.pk).update(cursor=batch[-1].pk)
    return Turn.LOOKED_ON


def _apart(row: Broadcast, batch: Sequence[Principal]) -> tuple[list[Principal], list[Principal]]:
    """Those who are new, and those who stand in the broadcast already under another reference of theirs."""
    same = people.joined({person.subject.ref for person in batch})
    others = set().union(*same.values())
    told = set(
        BroadcastPerson.objects.filter(broadcast=row, subject_ref__in=others).values_list("subject_ref", flat=True)
    )
    fresh: list[Principal] = []
    again: list[Principal] = []
    for person in batch:
        own = same.get(person.subject.ref, frozenset((person.subject.ref,)))
        (again if own & told else fresh).append(person)
        told |= own
    return fresh, again


def _take(
    row: Broadcast, plan: Plan, found: Sequence[tuple[BroadcastPerson, Go | Stay, Principal]], at: datetime
) -> None:
    """Write on each person's row, which the caller saves, by which way the message goes; and post those that go now."""
    going: list[tuple[BroadcastPerson, Go]] = []
    letters: list[Letter] = []
    for line, way, person in found:
        if isinstance(way, Stay):
            _stop(line, way.reason)
        elif way.wait_until is not None:
            line.next_at = way.wait_until
        elif (letter := _letter(plan, way, person)) is None:
            _stop(line, NO_TEXT)
        else:
            going.append((line, way))
            letters.append(letter)
    posted = post_all(kind=KIND, purpose=row.purpose, about=row.about, letters=letters, only_here=True)
    for (line, way), said in zip(going, posted, strict=True):
        if isinstance(said, PortalError):  # an address that is none, or the person's key is being shredded
            _stop(line, said.code)
        else:
            line.message, line.place, line.next_at, line.posted_at = said, way.place, None, at


def _stop(line: BroadcastPerson, reason: str) -> None:
    """Nothing more for this person. Where an earlier channel was tried, its message says why."""
    line.is_open, line.next_at = False, None
    line.reason = "" if line.message_id else reason[:40]


def _letter(plan: Plan, way: Go, person: Principal) -> Letter | None:
    """None where there is no text for the channel."""
    said = content.said_on(way.channel, person.language, words=plan.words, templates=plan.templates, title=plan.title)
    if said is None:
        return None
    words = {"subject": said.subject, "text": said.text}
    return Letter(person.subject.ref, way.channel, way.address, said.language, words)


# ------------------------------------------------------------------------------- people who were looked at already


def _open(row: Broadcast) -> QuerySet[BroadcastPerson]:
    return BroadcastPerson.objects.filter(broadcast=row, is_open=True)


def _settle(row: Broadcast, at: datetime) -> bool:
    """Close the rows of people for whom nothing more can come. Whether there were any."""
    last = len(row.channels) - 1
    arrived = Q(message__state__in=(MessageState.DELIVERED, MessageState.READ))
    unknown = Q(message__state=MessageState.UNKNOWN, message__next_attempt_at=None)
    by_the_last = Q(place=last, message__state__in=GAVE_UP)
    left = Q(message__state=MessageState.SENT)
    if row.category != PROMOTIONAL:
        wait = house_rule(REPORT_WAIT, on=clock.day(at)).duration
        no_report = ~Q(message__channel__in=list(ADDRESS_KIND)) | Q(message__sent_at__lt=at - wait)
        left &= Q(place=last) | no_report
    closed = _open(row).filter(arrived | unknown | by_the_last | left)
    # By their keys: PostgreSQL locks the rows of the people, not those of the messages.
    return bool(
        BroadcastPerson.objects.filter(pk__in=list(closed.values_list("pk", flat=True)[:_MANY])).update(is_open=False)
    )


def _not_reached(row: Broadcast, at: datetime, most: int) -> dict[BroadcastPerson, int]:
    """People whom the channel in use did not reach and another may, each with the place from which on to look.

    Those whom no other may are closed.
    """
    tried = _open(row).filter(Q(next_at=None) | Q(next_at__lte=at), message__state__in=GAVE_UP)
    lines = list(tried.order_by("pk")[:most])
    # A report may come at this moment: it comes before, and is seen, or after.
    ids = [line.message_id for line in lines if line.message_id is not None]
    messages = {one.pk: one for one in Message.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    left = set(Delivery.objects.filter(message__in=ids, outcome__in=MAY_HAVE_LEFT).values_list("message_id", flat=True))
    found: dict[BroadcastPerson, int] = {}
    over: list[int] = []
    for line in lines:
        message = messages[line.message_id]  # type: ignore[index]  # the query leaves out rows without one
        is_next = may_take_over(
            category=row.category,
            state=message.state,
            reason=message.reason,
            may_have_arrived=message.pk in left,
        )
        if is_next:
            found[line] = line.place + 1
        elif message.state in GAVE_UP:
            over.append(line.pk)
    BroadcastPerson.objects.filter(pk__in=over).update(is_open=False)
    return found


def _waiting(row: Broadcast, at: datetime, most: int) -> dict[BroadcastPerson, int]:
    """People whose hour has come, each with the place of the channel that waited for it."""
    due = _open(row).filter(message=None, next_at__lte=at).order_by("next_at", "pk")
    return {line: line.place for line in due[:most]}


def _go_on(row: Broadcast, plan: Plan, lines: Mapping[BroadcastPerson, int], at: datetime) -> None:
    """Look anew at people who have a row, each from a place on."""
    refs = [line.subject_ref for line in lines]
    known = {
        person.subject.ref: person
        for person in Principal.objects.filter(subject__ref__in=refs, subject__erased_at=None).select_related("subject")
    }
    starts = {line.subject_ref: place for line, place in lines.items()}
    ways = channel_selection.choose(row, reached(known.values()), starts=starts, at=at)
    found: list[tuple[BroadcastPerson, Go | Stay, Principal]] = []
    for line in lines:
        person = known.get(line.subject_ref)
        if person is None:  # erased meanwhile
            line.is_open, line.reason = False, "" if line.message_id else NO_WAY
        else:
            found.append((line, ways[line.subject_ref], person))
    _take(row, plan, found, at)
    changed = ["is_open", "reason", "next_at", "message", "place", "posted_at"]
    BroadcastPerson.objects.bulk_update(list(lines), changed)


# ------------------------------------------------------------------------------------------------------- the end of it


def _count_cancelled(row: Broadcast, at: datetime) -> Turn:
    """Nobody else is written to: each person who was not reached gets a row that says so."""
    ended = _open(row).filter(message=None).update(is_open=False, next_at=None, reason=CANCELLED)
    waits = Q(message__state__in=(MessageState.DUE, MessageState.SENDING))
    waits |= Q(message__state=MessageState.UNKNOWN, message__next_attempt_at__isnull=False)
    over = list(_open(row).exclude(waits).values_list("pk", flat=True)[:_MANY])
    ended += BroadcastPerson.objects.filter(pk__in=over).update(is_open=False)
    if row.listed_at is None:
        batch = _next_people(row, _MANY)
        BroadcastPerson.objects.bulk_create(
            BroadcastPerson(broadcast=row, subject_ref=person.subject.ref, is_open=False, reason=CANCELLED)
            for person in batch
        )
        done = {"cursor": batch[-1].pk} if batch else {"listed_at": at}
        Broadcast.objects.filter(pk=row.pk).update(**done)
        return Turn.LOOKED_ON
    return Turn.LOOKED_BACK if ended else _end(row, BroadcastState.CANCELLED, at)


def _end(row: Broadcast, target: BroadcastState, at: datetime) -> Turn:
    """Write the end where nobody is left: there is nothing more to do now."""
    if row.listed_at is not None and not _open(row).exists():
        if row.state == target:
            Broadcast.objects.filter(pk=row.pk).update(ended_at=at)
        else:
            move(row, target, moves=BROADCAST_MOVES, ended_at=at)
        controls.note(row, SENDER, at, is_over=True)
    return Turn.NOTHING
