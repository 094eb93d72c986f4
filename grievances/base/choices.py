"""The closed vocabularies of a grievance and its table of moves. Plain Python: words for people stand in ``words``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class TicketKind(StrEnum):
    """What a grievance is about: the choices of the form, in its order; and a request about data, which has its own form."""

    UNWANTED_MESSAGES = "unwanted_messages"
    DATA_WRONG = "data_wrong"
    DATA_SHARED = "data_shared"
    KYC = "kyc"
    BILLING = "billing"
    ACCOUNT_BLOCKED = "account_blocked"
    CONSENT = "consent"
    BREACH = "breach"
    CHILD = "child"
    OTHER = "other"
    REQUEST = "request"


class Door(StrEnum):
    """By which way a grievance came in. It is the same grievance behind each of them."""

    PAGE = "page"
    ACCOUNT = "account"
    API = "api"
    PHONE = "phone"
    POST = "post"
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    RCS = "rcs"
    VOICE = "voice"


class ForWhom(StrEnum):
    """Whose grievance it is, as the person says it."""

    SELF = "self"
    IN_MY_CARE = "in_my_care"
    NOMINATED_ME = "nominated_me"
    ORGANISATION = "organisation"
    ASKED_ME = "asked_me"


class TicketState(StrEnum):
    """Where a grievance stands. Whether it is late is no state: the law's clocks say so."""

    RECEIVED = "received"
    WITH_US = "with_us"
    WITH_YOU = "with_you"
    ANSWERED = "answered"
    CLOSED = "closed"


class ClosedBecause(StrEnum):
    """Why a grievance was closed: by the person's own word, in silence, or because nothing is left of it here. That it is
    not ours is no reason.
    """

    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    SILENCE = "silence"
    ERASED = "erased"
    JOINED = "joined"
    MERGED = "merged"


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
    EXTENDED = "extended"
    START_CORRECTED = "start_corrected"
    CLOSED = "closed"
    REOPENED = "reopened"
    APPEALED = "appealed"
    STOPPED = "stopped"
    JOINED = "joined"
    PROVED = "proved"
    PASSED_ON = "passed_on"
    MERGED = "merged"
    RATED = "rated"


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


class AppealOutcome(StrEnum):
    """What the second officer made of the first answer."""

    WAITING = "waiting"
    CHANGED = "changed"
    STAYS = "stays"
    #: The person took the grievance back, or its data was erased, before the second officer answered.
    ENDED = "ended"


class MailSource(StrEnum):
    """How a mail reached us."""

    IMAP = "imap"
    WEBHOOK = "webhook"


class MailOutcome(StrEnum):
    """What became of a mail."""

    TICKET = "ticket"
    LINE = "line"
    IGNORED = "ignored"


class RootCause(StrEnum):
    """What a grievance came from, as the officer found: counted, so that the next one does not come."""

    OUR_MISTAKE = "our_mistake"
    OUR_SYSTEM = "our_system"
    UNCLEAR_TEXT = "unclear_text"
    CLIENT = "client"
    SUPPLIER = "supplier"
    SOMEBODY_ELSE = "somebody_else"
    NO_FAULT = "no_fault"


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

FOR_GOOD: Final = frozenset({ClosedBecause.ERASED, ClosedBecause.JOINED, ClosedBecause.MERGED})
"""What was closed so is not opened again: nothing is left, or it goes on in another thread."""

OPEN_STATES: Final = frozenset({TicketState.RECEIVED, TicketState.WITH_US, TicketState.WITH_YOU})
"""States in which the person is owed an answer: the only ones that can be late."""
