"""The closed vocabularies of a request about one's data, and its table of moves. Plain Python; words: ``request_words``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """What a person asks for (DPDP ss.11-14, GDPR Arts 15-21, CCPA 1798.105-121), in the order of the page."""

    ACCESS = "access"
    PORTABILITY = "portability"
    CORRECTION = "correction"
    COMPLETION = "completion"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    RECIPIENTS = "recipients"
    WITHDRAWAL = "withdrawal"
    OPT_OUT = "opt_out"
    LIMIT = "limit"
    NOMINATION = "nomination"
    CLAIM = "claim"


class Capacity(StrEnum):
    """For whom it is asked, and in which capacity."""

    SELF = "self"
    CHILD = "child"
    REPRESENTED = "represented"
    NOMINEE = "nominee"
    AGENT = "agent"
    RELATIVE = "relative"


class RequestState(StrEnum):
    """Where a request stands beside its ticket: who asks is shown, then what was decided."""

    ASKED = "asked"
    SHOWN = "shown"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    JOINED = "joined"


class Proof(StrEnum):
    """How it was shown who asks."""

    NONE = "none"
    SESSION = "session"
    CODE = "code"
    SESSION_AND_CODE = "session_code"
    PAPERS = "papers"
    CALL = "call"


class Finding(StrEnum):
    """What a look at a paper of proof came to."""

    PROVES = "proves"
    NOT_ENOUGH = "not_enough"


class JoinedBecause(StrEnum):
    """Why a request is answered within another one."""

    SAME = "same"
    MANY = "many"


MOVES: Final[Mapping[str, frozenset[str]]] = {
    RequestState.ASKED: frozenset({RequestState.SHOWN, RequestState.REFUSED, RequestState.JOINED}),
    RequestState.SHOWN: frozenset(
        {RequestState.GRANTED, RequestState.PARTLY, RequestState.REFUSED, RequestState.JOINED}
    ),
    RequestState.GRANTED: frozenset({RequestState.SHOWN}),
    RequestState.PARTLY: frozenset({RequestState.SHOWN}),
    # Back to where it was: one refused because nobody showed who asks still waits for that.
    RequestState.REFUSED: frozenset({RequestState.SHOWN, RequestState.ASKED}),
    RequestState.JOINED: frozenset(),
}

DECIDED: Final = frozenset({RequestState.GRANTED, RequestState.PARTLY, RequestState.REFUSED})
UNDECIDED: Final = frozenset({RequestState.ASKED, RequestState.SHOWN})

#: What is put right at a person's wish; how it should be is asked with it.
CORRECTIONS: Final = frozenset({Right.CORRECTION, Right.COMPLETION})

#: What harms nobody when a stranger asks for it: the session or a code alone shows who asks (GDPR recital 64; CCPA
#: regulations 7026(d) allow no verification of an opt-out at all).
LOW_RISK: Final = frozenset(
    {Right.RESTRICTION, Right.OBJECTION, Right.RECIPIENTS, Right.WITHDRAWAL, Right.OPT_OUT, Right.LIMIT}
)

#: Which plan of clocks (``portal/kernel/law/data/clock_plans.toml``) runs for a right.
OPT_OUTS: Final = frozenset({Right.OPT_OUT, Right.LIMIT})

#: What ends a use of the data once it is granted: carried out by the portal, nobody has to remember it.
STOPS: Final = OPT_OUTS | {Right.WITHDRAWAL, Right.RESTRICTION, Right.OBJECTION}


class BundleState(StrEnum):
    """Where a copy of somebody's data stands: put together, waiting for a second person, given out, ended."""

    COLLECTING = "collecting"
    READY = "ready"
    RELEASED = "released"
    ENDED = "ended"


class SectionState(StrEnum):
    """One room's part of a copy: each can fail and be tried again alone."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Outcome(StrEnum):
    """What two people decide about a request."""

    GRANT = "grant"
    PARTLY = "partly"
    REFUSE = "refuse"


class RefusalGround(StrEnum):
    """Why a request is refused; each has a sentence for the person."""

    NOT_PROVED = "not_proved"
    LAW_KEEPS = "law_keeps"
    OTHERS = "others"
    REPEATED = "repeated"
    CLAIM = "claim"
    NOT_NOMINEE = "not_nominee"
    NOT_NAMED = "not_named"


class OutsideWork(StrEnum):
    """What a person has to do in a system outside for a request."""

    FIND = "find"
    CORRECT = "correct"
    ERASE = "erase"
    STOP = "stop"
    TELL = "tell"


class OutsideState(StrEnum):
    """Where such a task stands: a failed one can be tried again alone; two people may leave one undone."""

    OPEN = "open"
    FAILED = "failed"
    DONE = "done"
    LEFT = "left"


class DespiteTasks(StrEnum):
    """Why a request is answered while such a task is not done; two people answer for it."""

    NOT_NEEDED = "not_needed"
    NO_ANSWER = "no_answer"
    FOLLOWS = "follows"


TASK_MOVES: Final[Mapping[str, frozenset[str]]] = {
    OutsideState.OPEN: frozenset({OutsideState.DONE, OutsideState.FAILED, OutsideState.LEFT}),
    OutsideState.FAILED: frozenset({OutsideState.OPEN, OutsideState.LEFT}),
    OutsideState.DONE: frozenset(),
    OutsideState.LEFT: frozenset(),
}
UNDONE: Final = frozenset({OutsideState.OPEN, OutsideState.FAILED})

#: Grounds that may be given before it is shown who asks.
BEFORE_PROOF: Final = frozenset({RefusalGround.NOT_PROVED, RefusalGround.NOT_NOMINEE, RefusalGround.NOT_NAMED})

BUNDLE_MOVES: Final[Mapping[str, frozenset[str]]] = {
    BundleState.COLLECTING: frozenset({BundleState.READY, BundleState.ENDED}),
    BundleState.READY: frozenset({BundleState.COLLECTING, BundleState.RELEASED, BundleState.ENDED}),
    BundleState.RELEASED: frozenset({BundleState.ENDED}),
    BundleState.ENDED: frozenset({BundleState.COLLECTING}),
}

#: Rights that are answered with a copy; and which rooms' parts of it belong to the list of recipients.
BUNDLED: Final = frozenset({Right.ACCESS, Right.PORTABILITY, Right.RECIPIENTS})

#: What is carried out of the request itself, by what two people read of it: within another one, which may be refused or taken
#: back, it would be lost. An opt-out of one's own is not: it holds with the proof.
ACTED_ON: Final = CORRECTIONS | BUNDLED | {Right.ERASURE} | (STOPS - OPT_OUTS)
RECIPIENT_SECTIONS: Final = frozenset({"recipients", "disclosures"})
