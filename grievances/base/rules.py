"""Pure decisions on grievances: what stands, whose turn it is, what silence leads to. Plain values in, no database.

The page of the person, the page of staff, the letters and the queue all ask ``situation``: they cannot disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from grievances.base.choices import FOR_GOOD, OPEN_STATES, ClosedBecause, TicketState


class Situation(StrEnum):
    """What a page has one sentence for. Finer than the state: time and reasons count too."""

    RECEIVED = "received"
    WITH_US = "with_us"
    DUE_TODAY = "due_today"
    LATE = "late"
    WITH_YOU = "with_you"
    WITH_YOU_PAUSED = "with_you_paused"
    #: Our own promise waits for the person, the date of the law does not.
    WITH_YOU_PARTLY = "with_you_partly"
    WITH_YOU_LATE = "with_you_late"
    ANSWERED = "answered"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    CLOSED_BY_SILENCE = "closed_by_silence"
    ERASED = "erased"
    JOINED = "joined"
    MERGED = "merged"


class Turn(StrEnum):
    """Who has to do the next thing."""

    US = "us"
    YOU = "you"
    NOBODY = "nobody"


class PersonAction(StrEnum):
    """The one thing a person's page offers first."""

    ADD = "add"
    REMIND = "remind"
    REPLY = "reply"
    SAY_IF_SETTLED = "say_if_settled"
    REOPEN = "reopen"
    FILE_NEW = "file_new"


class StaffAction(StrEnum):
    """The one thing a staff page offers first."""

    ASSIGN = "assign"
    ANSWER = "answer"
    ANSWER_NOW = "answer_now"
    WAIT = "wait"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Due:
    """The strictest clock of a grievance, as law states it: instants in UTC, judged by law alone."""

    due_at: datetime
    is_late: bool
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """One grievance at one moment: the facts a sentence is made from."""

    situation: Situation
    turn: Turn
    person: PersonAction
    staff: StaffAction
    due_at: datetime | None = None
    days_left: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a standing is read from; ``zone`` is where days are counted for the person."""

    state: TicketState
    due: Due | None
    is_assigned: bool
    has_paused: bool = False
    closed_because: ClosedBecause | None = None
    reopen_until: datetime | None = None


def strictest(clocks: Iterable[Due]) -> Due | None:
    """The clock that runs out first; a late one is never hidden behind one that is not, nor behind one that is late since
    a later date because the first stands still by now.
    """
    return min(clocks, key=_strictness, default=None)


def _strictness(clock: Due) -> tuple[bool, bool, datetime]:
    return not clock.is_late, clock.is_paused and not clock.is_late, clock.due_at


def standing(facts: Facts, *, now: datetime, days_left: int | None) -> Standing:
    """What stands now, whose turn it is and the one action on each side.

    ``days_left`` is the number of whole local days from today to the due date (law's counting; negative once late).
    Only an open grievance can be late: an answered or closed one is frozen, whatever its clocks say.
    """
    if facts.state in OPEN_STATES:
        return _open(facts, days_left)
    if facts.state == TicketState.ANSWERED:
        return Standing(Situation.ANSWERED, Turn.YOU, PersonAction.SAY_IF_SETTLED, StaffAction.WAIT)
    return _closed(facts, now)


def _open(facts: Facts, days_left: int | None) -> Standing:
    due = facts.due
    if due is not None and due.is_paused and not due.is_late:
        due, days_left = None, None  # nothing runs: there is no date until the person answers
    due_at = due.due_at if due else None
    late = due is not None and due.is_late
    if facts.state == TicketState.WITH_YOU:
        return Standing(_waiting(facts), Turn.YOU, PersonAction.REPLY, StaffAction.WAIT, due_at, days_left)
    if late:
        return Standing(Situation.LATE, Turn.US, PersonAction.REMIND, StaffAction.ANSWER_NOW, due_at, days_left)
    staff = StaffAction.ANSWER if facts.is_assigned else StaffAction.ASSIGN
    if days_left == 0:
        return Standing(Situation.DUE_TODAY, Turn.US, PersonAction.ADD, staff, due_at, days_left)
    situation = Situation.RECEIVED if facts.state == TicketState.RECEIVED else Situation.WITH_US
    return Standing(situation, Turn.US, PersonAction.ADD, staff, due_at, days_left)


def _waiting(facts: Facts) -> Situation:
    due = facts.due
    if due is not None and due.is_late:
        return Situation.WITH_YOU_LATE
    if due is not None and due.is_paused:
        return Situation.WITH_YOU_PAUSED
    return Situation.WITH_YOU_PARTLY if facts.has_paused else Situation.WITH_YOU


_CLOSED: Final = {
    ClosedBecause.SETTLED: Situation.SETTLED,
    ClosedBecause.WITHDRAWN: Situation.WITHDRAWN,
    ClosedBecause.SILENCE: Situation.CLOSED_BY_SILENCE,
    ClosedBecause.ERASED: Situation.ERASED,
    ClosedBecause.JOINED: Situation.JOINED,
    ClosedBecause.MERGED: Situation.MERGED,
}


def _closed(facts: Facts, now: datetime) -> Standing:
    because = facts.closed_because or ClosedBecause.SETTLED
    may_reopen = because not in FOR_GOOD and facts.reopen_until is not None and now < facts.reopen_until
    person = PersonAction.REOPEN if may_reopen else PersonAction.FILE_NEW
    return Standing(_CLOSED[because], Turn.NOBODY, person, StaffAction.READ)


class NoAppeal(StrEnum):
    """Why an appeal cannot be made now."""

    ALREADY = "already"
    ENDED = "ended"
    NOT_YET = "not_yet"
    TOO_LATE = "too_late"


def why_no_appeal(
    *,
    closed_because: ClosedBecause | None,
    is_late: bool,
    has_appealed: bool,
    appeal_until: datetime | None,
    now: datetime,
) -> NoAppeal | None:
    """Why a person cannot go to another officer now; None where they can.

    One appeal per grievance, against an answer (until ``appeal_until``, which only an answer gives) or against our being
    late with one. A grievance that the person took back, or whose data is gone, has nothing to appeal against.
    """
    if has_appealed:
        return NoAppeal.ALREADY
    if closed_because in {ClosedBecause.WITHDRAWN, *FOR_GOOD}:
        return NoAppeal.ENDED
    if is_late or (appeal_until is not None and now <= appeal_until):
        return None
    return NoAppeal.NOT_YET if appeal_until is None else NoAppeal.TOO_LATE


class SilenceStep(StrEnum):
    """What a person's silence after an answer leads to."""

    FIRST_NOTICE = "first_notice"
    SECOND_NOTICE = "second_notice"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class SilenceTerms:
    """The house's promise on silence: two notices, then closing. Amounts are dated house rules."""

    first_notice: timedelta
    second_notice: timedelta
    close: timedelta
    between: timedelta


def silence_step(
    *, answered_at: datetime, notices: int, last_notice_at: datetime | None, terms: SilenceTerms, now: datetime
) -> SilenceStep | None:
    """The next step for an answered grievance nobody spoke about, or none yet.

    A grievance is never closed before both notices went out and ``between`` has passed since the second: a sweep that
    was down for weeks sends the first notice late, and does not close in silence.
    """
    if last_notice_at is not None and now < last_notice_at + terms.between:
        return None
    waited = now - answered_at
    steps = (
        (SilenceStep.FIRST_NOTICE, terms.first_notice),
        (SilenceStep.SECOND_NOTICE, terms.second_notice),
        (SilenceStep.CLOSE, terms.close),
    )
    step, after = steps[min(notices, 2)]
    return step if waited >= after else None
