"""What one cell of the preferences says, folded from what the person said about it. Plain values in, no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from consent.base.rules.status_fold import NO, YES

_WITHDRAWN, _EXPIRED = "withdrawn", "expired"


class State(StrEnum):
    """What a cell says. The words for people are in ``choices.CellState``."""

    NO_CHOICE = "no_choice"
    GIVEN = "given"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    #: A consent that a stop at the address, or somebody else who uses it, outweighs.
    BLOCKED = "blocked"
    #: A consent that the person's own Do Not Disturb outweighs.
    DND = "dnd"
    #: A consent that a parent or guardian has to give.
    PENDING = "pending"
    #: A consent at an address that is not confirmed.
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Word:
    """One answer about a cell. ``is_over``: a consent whose time has ended, or that was given to another text.

    ``is_undo``: it restores what was before a stop.
    """

    answer: str
    is_over: bool = False
    is_undo: bool = False


def state_of(words: Iterable[Word]) -> State:
    """What the answers about one place say together, the oldest first.

    A refusal is a withdrawal only where a consent was in force: who refused from the beginning never withdrew. An undo
    without a consent before the stop restores what was there, so nothing has "expired" by it.
    """
    state = before_refusal = State.NO_CHOICE
    has_consented = False
    for word in words:
        if word.answer in YES:
            state, has_consented = (State.EXPIRED if word.is_over else State.GIVEN), True
        elif word.answer in NO:
            was_in_force = state in {State.GIVEN, State.WITHDRAWN} or word.answer == _WITHDRAWN
            before_refusal, state = state, State.WITHDRAWN if was_in_force else State.DENIED
        elif word.answer == _EXPIRED and word.is_undo:
            state = before_refusal
        elif word.answer == _EXPIRED:
            state = State.EXPIRED if has_consented else State.NO_CHOICE
    return state


#: Of several addresses in one cell: the one that lets messages through speaks, then the strictest.
_ORDER = (State.GIVEN, State.WITHDRAWN, State.DENIED, State.EXPIRED, State.NO_CHOICE)


def combined(states: Iterable[State]) -> State:
    """What a cell says whose channel reaches several addresses of the person."""
    return min(states, key=_ORDER.index, default=State.NO_CHOICE)
