"""The closed vocabularies of nominees: which rights they may use, how they are related, how their standing goes. Plain Python."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from grievances.request_states import Right


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
