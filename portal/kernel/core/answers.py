"""Single answers asked upward: each has one room that gives it, registered in its ``ready()``.

The function under ``@answer`` is the signature of the question, which both ends are held to, and what is said while nobody
fills it. An empty one is named by a system check (``core.W030``), and an empty ``send_gate`` means no.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from typing import Any, Generic, ParamSpec, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from portal.kernel.core.actor import Actor

P = ParamSpec("P")
R = TypeVar("R")
RowT = TypeVar("RowT", bound=Model)


class HookAnswer(Generic[P, R]):
    def __init__(self, when_empty: Callable[P, R]) -> None:
        self.name = when_empty.__name__
        self._when_empty = when_empty
        self._answer: Callable[P, R] | None = None

    def fill(self, answer: Callable[P, R]) -> Callable[P, R]:
        """Give the one answer. A second, different answer is a programming error."""
        if self._answer is not None and self._answer is not answer:
            raise RuntimeError(f"The hook {self.name} is filled already.")
        self._answer = answer
        return answer

    @property
    def is_filled(self) -> bool:
        return self._answer is not None

    def ask(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return (self._answer or self._when_empty)(*args, **kwargs)


ANSWERS: list[HookAnswer[..., Any]] = []


def answer(when_empty: Callable[P, R]) -> HookAnswer[P, R]:
    """The port that asks what the function says."""
    port = HookAnswer(when_empty)
    ANSWERS.append(port)
    return port


class GateAnswer(Protocol):
    @property
    def allowed(self) -> bool: ...


class ReadingScope(Protocol):
    """Days and areas (``portal.kernel.people.auditor_scope.Scope``)."""

    @property
    def first_day(self) -> date:
        """In India, itself included."""

    @property
    def last_day(self) -> date:
        """In India, itself included."""

    @property
    def start(self) -> datetime:
        """The first instant."""

    @property
    def end(self) -> datetime:
        """The first instant after it."""

    def narrowed(self, rows: QuerySet[RowT]) -> QuerySet[RowT]:
        """Those of the rows that belong to its days."""

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in it."""

    def covers(self, first_day: date, last_day: date) -> bool:
        """Whether all of these days lie in it."""

    def says(self) -> str:
        """In words."""


@answer
def send_gate(
    *, address: str, purpose: str, channel: str, at: datetime, fiduciary: str, subject_ref: UUID | None = None
) -> GateAnswer | None:
    """May this message be sent? Filled by consent, asked by the outbox; None means no."""
    return None


@answer
def send_gate_of_many(
    *, asked: Sequence[tuple[str, UUID]], purpose: str, channel: str, at: datetime, fiduciary: str
) -> Sequence[GateAnswer]:
    """The same for many messages of one purpose and channel, in the order of ``asked``, pairs of address and subject. Filled by
    consent; empty means that each is asked about alone.
    """
    return ()


@answer
def inbound_grievance(
    *,
    key: str,
    fiduciary: str,
    channel: str,
    address: str,
    sender: str,
    text: str,
    language: str,
    principal: Any,
    actor: Actor,
    at: datetime,
) -> str:
    """Files what somebody wrote in answer to a message, in the caller's transaction: its reference. Filled by grievances, asked by
    consent.
    """
    return ""


@answer
def stop_at_address(
    *, kind: str, address: str, fiduciary: str, actor: Actor, at: datetime, is_complaint: bool = True
) -> str:
    """Stops everything promotional of a fiduciary at an address that somebody complained of, in the caller's transaction: the
    receipt, empty where all of it was stopped before. Filled by consent, asked by grievances.
    """
    return ""


@answer
def opted_out(*, subject_ref: UUID, actor: Actor, at: datetime) -> None:
    """Records a person's wish to opt out of sale, sharing and uses that are not needed, in the caller's transaction. Filled by
    consent, asked by grievances.
    """


@answer
def withdraw_everything(*, subject_ref: UUID, by_nominee: bool, actor: Actor, at: datetime) -> int:
    """Withdraws every yes of a person at their own wish or that of their nominee, in the caller's transaction: how many. Filled by
    consent, asked by grievances.
    """
    return 0


@answer
def use_stopped(*, subject_ref: UUID, is_restricted: bool, actor: Actor, at: datetime) -> None:
    """Ends every use of a person's data that waits for their word or that they may object to, in the caller's transaction. Filled
    by consent, asked by grievances.
    """


@answer
def named_in_grievance(*, ticket: str, reference: str, user: Any) -> bool:
    """Whether this login may look at a record for a grievance: it is open, it is theirs to answer, and its person wrote the
    record's reference. Filled by grievances, asked by kyc. Empty means no.
    """
    return False


@answer
def consent_question(*, purpose: str, language: str, at: datetime) -> Any:
    """The published text that asks for a purpose, with ``text``, ``language`` and ``sha256``; None where none is in force: then
    nobody can be asked. Filled by consent, asked by kyc.
    """
    return None


@answer
def consent_given(
    *,
    subject_ref: UUID,
    purpose: str,
    text_sha256: str,
    language: str,
    asked_in: str,
    proof: Sequence[Mapping[str, str]] = (),
    actor: Actor,
    at: datetime,
) -> str:
    """Records a person's yes to processing in the caller's transaction: its receipt, empty where they said no meanwhile. Filled by
    consent, asked by kyc.
    """
    return ""


@answer
def consent_standing(*, subject_ref: UUID, purpose: str, at: datetime) -> str:
    """The receipt of a person's yes that counts; empty for none. Filled by consent."""
    return ""


@answer
def addresses_used(fiduciary: Any, keys: Iterable[bytes]) -> AbstractSet[bytes]:
    """Those of the addresses' lookup hashes that a fiduciary knows to be used with it. Filled by consent, asked by registers. Empty
    means none: nobody is told of an address.
    """
    return frozenset()


@answer
def number_finder() -> str:
    """The plain function, ``room.module.function``, that finds in a text the numbers which must not be kept: ``(text) -> places``.
    Empty for none. Filled by kyc, asked by grievances.
    """
    return ""


@answer
def age_shown(*, subject_ref: UUID) -> str:
    """What a signed document says of a person's age: "adult", "child" or "". Filled by kyc, asked by people."""
    return ""


@answer
def sender_state(*, subject_ref: UUID, on: date) -> Any:
    """Is this sender's KYC in order? Filled by kyc, asked by consent."""
    return None


@answer
def may_unmask(*, user: Any) -> bool:
    """May this login propose that a list leaves unmasked? Filled by the workplace, asked by jobs. Empty means no."""
    return False


@answer
def only_asks(request: HttpRequest) -> bool:
    """Does this posted request of staff only ask to read? Asked before anybody is known, while the portal is read-only, by address
    and fields alone. Filled by the workplace. Empty means no.
    """
    return False


@answer
def unmasked_export(*, wish: Any, actor: Actor) -> Any:
    """The proposal of such a list, which another person answers. Filled by the workplace, asked by jobs."""
    return None


@answer
def verifier_page() -> bytes:
    """The page that checks packs and receipts in a browser without a network, as the bytes of one file with no key in it. Filled by
    selfservice, asked by evidence.
    """
    return b""


@answer
def permission_source(user: Any, permission: str) -> bool:
    """Does this login's role carry the permission? Filled by people. Empty means no."""
    return False


@answer
def reading_scope(user: Any) -> ReadingScope | None:
    """The days and areas to which an auditor's login is bound; None for everybody else. Filled by people."""
    return None


@answer
def ended_roles(user: Any) -> Sequence[tuple[str, datetime]]:
    """The roles of this login that ended and that it does not hold now, each with its label and its end, the last first. Filled by
    people.
    """
    return ()


@answer
def answer_while_away(request: HttpRequest) -> HttpResponse | None:
    """What to say to a request that came while the database is away: a stop is kept and answered. Filled by selfservice."""
    return None


@answer
def anomalies_explained() -> Sequence[int]:
    """The keys of the ledger entries in which two people have explained entries out of order. Filled by audit."""
    return ()


@answer
def last_recorded_at() -> datetime | None:
    """When the newest ledger entry was recorded: on SQLite the clock must not be before it. Filled by ledger."""
    return None


@answer
def letter_footer(*, language: str, on: date) -> str:
    """The text under each letter: officer and company. Filled by registers."""
    return ""


@answer
def one_click_url(*, reference: str, category: str) -> str:
    """Where a message is stopped at one press; empty for what is owed. Filled by consent."""
    return ""


@answer
def erased_so_far(*, model: str) -> int:
    """How many records erasures have ended by now: those that end finished files of people, and those of the model's own erasers
    ("people.Staff"; empty for none). It only grows. Filled by retention, asked by jobs.
    """
    return 0


@answer
def kept_contents(*, subject_refs: Iterable[UUID], in_turn: bool) -> set[UUID]:
    """Of these subjects those of whom a legal hold, an order or a legal claim keeps the contents of ledger entries; ``in_turn``: and
    nobody places one until the caller's transaction ends. Filled by retention, asked by the ledger before it ends any.
    """
    return set()


@answer
def sender_identity(*, fiduciary: str, channel: str, category: str, kind: str, language: str, about: str = "") -> Any:
    """Under whose name a message goes. Filled by registers."""
    return None


@answer
def message_template(*, about: str, channel: str, language: str) -> str:
    """The registered template that a message is sent under; empty where the settings name it by the message's kind. Filled by
    consent, asked by registers.
    """
    return ""


@answer
def affected_sends(*, entry: Any, at: datetime) -> Any:
    """How many sends of the time before it (house rule registers.affected_sends) the approval or the end of a register entry would
    have stopped: ``permitted`` and ``stopped``; None where it changes no decision. Filled by consent, asked by registers.
    """
    return None


@answer
def record_opened(*, actor: Actor, about: str, subject_ref: UUID | None, purpose: str, ticket: str) -> None:
    """Writes the audit event "a person's record was opened". Filled by audit."""


@answer
def names_listed(*, request: HttpRequest, listed: str, filters: Collection[str], count: int) -> None:
    """Writes the audit event "a page of a list showed names". Filled by people."""


@answer
def act_done(*, actor: Actor, about: str, subject_ref: UUID | None, act: str, changed: Mapping[str, object]) -> None:
    """Writes the audit event of an act of staff that wrote none itself: who, about what, which act, field, old and new. Filled by
    audit.
    """


@answer
def opening_life(*, at: datetime) -> timedelta:
    """For how long one answer opens the same record again. Filled by law."""
    return timedelta(0)


@answer
def second_people(*, act: str, user: Any) -> str:
    """Who may answer what a member of staff proposes: roles with their names; "" where nobody is known. Filled by people."""
    return ""


@answer
def second_factor(request: HttpRequest) -> bool:
    """Has this request passed the second factor? Filled by signin. Empty means no."""
    return False
