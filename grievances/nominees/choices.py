"""The closed vocabularies of nominees: which rights they may use, how they are related, how their standing goes. Plain Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from grievances.base.request_choices import Right


class NomineeRight(StrEnum):
    """What a person lets a nominee do in their place (DPDP s.14 with ss.6(4), 11-13), in the order of the page."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    WITHDRAWAL = "withdrawal"
    GRIEVANCE = "grievance"


class NomineeRelation(StrEnum):
    """Who the nominee is to the person."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    RELATIVE = "relative"
    FRIEND = "friend"
    OTHER = "other"


class StandingState(StrEnum):
    """Where a nominee stands whose claim two people agreed to."""

    COOLING = "cooling"
    IN_FORCE = "in_force"
    ENDED = "ended"


class StandingEnd(StrEnum):
    """Why a standing ended."""

    PERSON = "person"
    NOMINATION = "nomination"
    STAFF = "staff"
    ANOTHER = "another"


STANDING_MOVES: Final[Mapping[str, frozenset[str]]] = {
    StandingState.COOLING: frozenset({StandingState.IN_FORCE, StandingState.ENDED}),
    StandingState.IN_FORCE: frozenset({StandingState.ENDED}),
    StandingState.ENDED: frozenset(),
}
#: Standings that are not over.
LIVE: Final = frozenset({StandingState.COOLING, StandingState.IN_FORCE})

#: Which named right a request needs.
NEEDS: Final[Mapping[str, NomineeRight]] = {
    Right.ACCESS: NomineeRight.ACCESS,
    Right.PORTABILITY: NomineeRight.ACCESS,
    Right.RECIPIENTS: NomineeRight.ACCESS,
    Right.CORRECTION: NomineeRight.CORRECTION,
    Right.COMPLETION: NomineeRight.CORRECTION,
    Right.ERASURE: NomineeRight.ERASURE,
    Right.RESTRICTION: NomineeRight.WITHDRAWAL,
    Right.OBJECTION: NomineeRight.WITHDRAWAL,
    Right.WITHDRAWAL: NomineeRight.WITHDRAWAL,
    Right.OPT_OUT: NomineeRight.WITHDRAWAL,
    Right.LIMIT: NomineeRight.WITHDRAWAL,
}
