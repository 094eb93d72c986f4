"""The closed vocabularies of a grievance and its table of moves. Plain Python: words for people stand in ``words``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class TicketKind(StrEnum):
    """What a grievance is about: the eight choices of the form, in its order."""

    UNWANTED_MESSAGES = "unwanted_messages"
    DATA_WRONG = "data_wrong"
    DATA_SHARED = "data_shared"
    KYC = "kyc"
    BILLING = "billing"
    CONSENT = "consent"
    BREACH = "breach"
    OTHER = "other"


class ForWhom(StrEnum):
    """Whose grievance it is, as the person says it."""

    SELF = "self"
    IN_MY_CARE = "in_my_care"
    NOMINATED_ME = "nominated_me"
    ORGANISATION = "organisation"


class TicketState(StrEnum):
    """Where a grievance stands. Whether it is late is no state: the law's clocks say so."""

    RECEIVED = "received"
    WITH_US = "with_us"
    WITH_YOU = "with_you"
    ANSWERED = "answered"
    CLOSED = "closed"


class ClosedBecause(StrEnum):
    """Why a grievance was closed: two of the four are the person's own word."""

    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    SILENCE = "silence"
    ERASED = "erased"


class EntryKind(StrEnum):
    """One line of the thread: a message, or a step that was taken."""

    FILED = "filed"
    ACKNOWLEDGED = "acknowledged"
    MESSAGE = "message"
    REPLY = "reply"
    QUESTION = "question"
    NOTE = "note"
    PROPOSAL = "proposal"
    CORRECTION = "correction"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REMINDED = "reminded"
    NOTICE = "notice"
    LATE = "late"
    CLOSED = "closed"
    REOPENED = "reopened"


class Visibility(StrEnum):
    """Who may read a line of the thread."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Author(StrEnum):
    """Whose hand a line of the thread is in."""

    PERSON = "person"
    STAFF = "staff"
    PORTAL = "portal"


class Answer(StrEnum):
    """What the person said to a proposed resolution."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SILENT = "silent"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"


class ContactKind(StrEnum):
    """How a person can be reached about a grievance."""

    EMAIL = "email"
    PHONE = "phone"


MOVES: Final[Mapping[str, frozenset[str]]] = {
    TicketState.RECEIVED: frozenset(
        {TicketState.WITH_US, TicketState.WITH_YOU, TicketState.ANSWERED, TicketState.CLOSED}
    ),
    TicketState.WITH_US: frozenset({TicketState.WITH_YOU, TicketState.ANSWERED, TicketState.CLOSED}),
    TicketState.WITH_YOU: frozenset({TicketState.WITH_US, TicketState.ANSWERED, TicketState.CLOSED}),
    TicketState.ANSWERED: frozenset({TicketState.WITH_US, TicketState.CLOSED}),
    TicketState.CLOSED: frozenset({TicketState.WITH_US}),
}

OPEN_STATES: Final = frozenset({TicketState.RECEIVED, TicketState.WITH_US, TicketState.WITH_YOU})
"""States in which the person is owed an answer: the only ones that can be late."""
