"""Upward calls. Lower rooms ask here; higher rooms answer, registered in their ``ready()``.

A list collects answers of many rooms; a single answer has one room that gives it. An empty hook is named by a system
check (``core.W030``), and an empty ``send_gate`` means no.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.http import HttpRequest

from portal.kernel.core.erasure_api import Eraser
from portal.kernel.core.queues import Facts, HandsOut, Queue
from portal.kernel.core.records import StaffPage
from portal.kernel.core.search_api import Asked, Hits, PageHit
from portal.kernel.core.work_references import Reason

T = TypeVar("T")


class HookList(Generic[T]):
    def __init__(self, name: str) -> None:
        self.name = name
        self._items: list[T] = []

    def register(self, item: T) -> T:
        """Add one answer; registering the same object again changes nothing."""
        if item not in self._items:
            self._items.append(item)
        return item

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._items))

    def __len__(self) -> int:
        return len(self._items)


class HookAnswer:
    def __init__(self, name: str, *, when_empty: Callable[..., Any]) -> None:
        self.name = name
        self._when_empty = when_empty
        self._answer: Callable[..., Any] | None = None

    def fill(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """Give the one answer. A second, different answer is a programming error."""
        if self._answer is not None and self._answer is not answer:
            raise RuntimeError(f"The hook {self.name} is filled already.")
        self._answer = answer
        return answer

    @property
    def is_filled(self) -> bool:
        return self._answer is not None

    def ask(self, *args: Any, **kwargs: Any) -> Any:
        return (self._answer or self._when_empty)(*args, **kwargs)


#: Objects that erase a subject's data in one room (``portal.kernel.retention``).
erasers: HookList[Eraser] = HookList("erasers")
#: Callables that count erasures that are undone: what they ended is here again, since a restore from an older dump.
erasures_undone: HookList[Callable[[], int]] = HookList("erasures_undone")
#: Callables ``(*, subject_refs) -> pairs``: disputes of these subjects that are not settled, each as (subject, reference);
#: while there is one, nothing of its person is erased.
disputes: HookList[Callable[..., Iterable[tuple[UUID, str]]]] = HookList("disputes")
#: The same of orders of authorities that are not answered. They keep like a legal hold and read like one, never like a
#: dispute: of a silent order the person must not learn by what we say.
orders: HookList[Callable[..., Iterable[tuple[UUID, str]]]] = HookList("orders")
#: Callables ``(*, subject_refs, at) -> int``, in the caller's transaction: end the copies that hold one of these subjects,
#: something of whom was erased; how many.
copies: HookList[Callable[..., int]] = HookList("copies")
#: Callables told, in the same transaction, that the run for one request or case has ended:
#: ``(*, because, ended, left, kept, is_again, settled, at)``: how many records each eraser ended, (eraser, state) of what it
#: was to end and did not, how many records are kept, whether an earlier run of the case had left them, and the erasers whose
#: open question was decided since then while another rule keeps something.
person_run_ended: HookList[Callable[..., Any]] = HookList("person_run_ended")
#: Objects that give a subject's data of one room for an access bundle; ``covers`` names the models they tell.
sections: HookList[Any] = HookList("sections")
#: Kinds of what happens to a person, for the one-person file (``portal.kernel.core.timeline_api.Strand``).
strands: HookList[Any] = HookList("strands")
#: Callables ``(*, user, subject_ref)`` that give the label and the address of a page about a person which this login may
#: open, or None: shown beside their record.
person_pages: HookList[Callable[..., tuple[Any, str] | None]] = HookList("person_pages")
#: Objects that own clocks: told when one becomes due soon or late.
clock_owners: HookList[Any] = HookList("clock_owners")
#: Kinds of long work (``portal.kernel.jobs``).
job_kinds: HookList[Any] = HookList("job_kinds")
#: Callables told, in the same transaction, that a job has ended, however it did: ``(*, job, at)``.
job_ended: HookList[Callable[..., None]] = HookList("job_ended")
#: Lists into which rows come from files (``portal.kernel.jobs.import_types``).
import_kinds: HookList[Any] = HookList("import_kinds")
#: Callables asked, in the transaction in which a message is about to leave, whether whoever posted it still wants that:
#: ``(*, messages, at) -> {key of a message: (code, when to ask again)}``, of those that are not wanted now. No time to ask again
#: closes the message.
leaving: HookList[Callable[..., Any]] = HookList("leaving")
#: Callables told, in the same transaction, that a channel has accepted messages: ``(*, messages)``, each with its ``sent_at``.
messages_sent: HookList[Callable[..., None]] = HookList("messages_sent")
#: Callables told, in the same transaction, what was changed of a company's people, or of a nominee: ``(*, change, actor, at)``.
account_changed: HookList[Callable[..., None]] = HookList("account_changed")
#: Callables told, in the same transaction, that an address has left a person.
address_left: HookList[Any] = HookList("address_left")
#: Callables told, in the same transaction, that a person, or staff, gave up an address of theirs: ``(*, contact)``. What follows
#: from a change or an erasure is told elsewhere.
address_given_up: HookList[Callable[..., None]] = HookList("address_given_up")
#: Callables told, in the same transaction, that a person showed by a code to receive what is sent to an address, perhaps
#: not for the first time: ``(*, subject_ref, kind, address, actor, at)``.
address_confirmed: HookList[Callable[..., Any]] = HookList("address_confirmed")
#: Callables told, in the same transaction, that a person turned out to be a child: ``(*, subject_ref, at)``.
became_child: HookList[Callable[..., Any]] = HookList("became_child")
#: Callables told, in the same transaction, that a note that somebody else answers for a person has ended:
#: ``(*, subject_ref, at)``. A child that comes of age is told to nobody.
protection_ended: HookList[Callable[..., Any]] = HookList("protection_ended")
#: Callables told, in the same transaction, that somebody reported with papers that a person died or can no longer act:
#: ``(*, subject_ref, at)``.
rest_noted: HookList[Callable[..., Any]] = HookList("rest_noted")
#: Callables told, in the same transaction, that no such report stands any more: ``(*, subject_ref, at)``.
rest_lifted: HookList[Callable[..., Any]] = HookList("rest_lifted")
#: Callables told, in the same transaction, that a death was verified by two people: ``(*, subject_ref, at)``.
person_rests: HookList[Callable[..., Any]] = HookList("person_rests")
#: Callables told, in the same transaction, that a person took back a yes to processing they gave us, or says no after it,
#: with the receipts it was given under: ``(*, purpose, receipts, actor, at)``.
consent_withdrawn: HookList[Callable[..., Any]] = HookList("consent_withdrawn")
#: Callables told, in the same transaction, that somebody complained about a message:
#: ``(*, subject_ref, fiduciary, purpose, category, channel, address, at)``; the address is empty where it was erased.
complaints: HookList[Callable[..., Any]] = HookList("complaints")
#: Callables told, in the same transaction, that the person of a grievance named documents in it:
#: ``(*, ticket, documents, subject_ref, actor, at) -> how many name it from now on``, with the references, the person's subject
#: (None where an officer knows that it is the documents' own customer) and when the person wrote it.
documents_complained_of: HookList[Callable[..., int]] = HookList("documents_complained_of")
#: The freezes of children of one room, which only two people end (``portal.kernel.people.services.freezes.Freezes``): objects that
#: say whether one of a person stands and what it keeps closed, take over what another took, and hear that the last has ended.
freezes: HookList[Any] = HookList("freezes")
#: Callables told, in the same transaction, that an account has another name: ``(*, customer, actor, at)``, by its key.
customer_renamed: HookList[Callable[..., Any]] = HookList("customer_renamed")
#: Callables told, in the same transaction, that an organisation came under insolvency, or that it ended:
#: ``(*, customer, actor, at)``, by its key.
insolvency_changed: HookList[Callable[..., Any]] = HookList("insolvency_changed")
#: Callables told, in the same transaction and while the addresses are still there, that a person is being erased:
#: ``(*, subject_ref, at)``.
person_erased: HookList[Callable[..., Any]] = HookList("person_erased")
#: Callables told, in the same transaction and before they are joined, that two records are of one person and two people
#: agreed to merge them: ``(*, old_ref, new_ref, at)``.
people_merging: HookList[Callable[..., Any]] = HookList("people_merging")
#: Callables told, in the same transaction, that two references turned out to be one person: ``(*, old_ref, new_ref, at)``.
references_joined: HookList[Callable[..., Any]] = HookList("references_joined")


class PeopleSelection(Protocol):
    """Finds people for an incident by one query. ``needs_of``: it is asked of whom or of what."""

    code: str
    label: Any
    needs_of: bool

    def known(self, of: str) -> str:
        """The code or reference that somebody typed, in its canonical form. Raises Refused for one that is unknown."""

    def refs(self, *, since: datetime | None, until: datetime | None, of: str) -> Iterator[UUID]:
        """References of persons one by one, some perhaps twice."""


people_selections: HookList[PeopleSelection] = HookList("people_selections")
#: Callables told, in the same transaction, that a login was deactivated: they free what it had locked.
login_left: HookList[Any] = HookList("login_left")
#: Callables told, in the same transaction, that a failed check stopped the ledger's signing: (check, index).
ledger_stopped: HookList[Callable[..., Any]] = HookList("ledger_stopped")
#: Objects that say which rows repeat a kind of ledger entry, and what the entry then has to say (check V9).
ledger_rows: HookList[Any] = HookList("ledger_rows")
#: Objects that compare rows which follow from ledger entries with those, changing nothing (checks V10 and V11):
#: ``check`` and ``differences(*, sample)``.
ledger_followers: HookList[Any] = HookList("ledger_followers")
#: Callables ``(*, actor) -> int`` that load a room's dated rules from its files; ``sync_rules`` runs them all.
rule_books: HookList[Callable[..., int]] = HookList("rule_books")
#: Callables ``(*, url)`` that give the secrets which sign webhooks to an address; without any nothing is sent there.
webhook_secrets: HookList[Callable[..., Any]] = HookList("webhook_secrets")
#: Callables told, in the same transaction, that another system took a webhook: ``(*, message, at)``.
webhooks_taken: HookList[Callable[..., Any]] = HookList("webhooks_taken")
#: Callables that give the ledger entries for which a reference that people see stands, ``(reference) -> entries``, in the
#: order in which its page counts them; none for a reference of another room. Asked by the command ``receipt``.
referred_entries: HookList[Callable[[str], Sequence[Any]]] = HookList("referred_entries")
#: Addresses that take more bytes than a file has, ``(path, most)``; each measures what it takes itself.
larger_requests: HookList[tuple[str, int]] = HookList("larger_requests")
#: Callables ``(*, now) -> duties`` (``portal.kernel.registers.entries.services.register_tasks.Duty``) of higher rooms: what the nightly look opens as a
#: task and closes once it is gone.
duties: HookList[Callable[..., Iterable[Any]]] = HookList("duties")
#: Pages of the workplace that are no list of a model (``portal.kernel.core.records.StaffPage``).
staff_pages: HookList[StaffPage] = HookList("staff_pages")
#: Named queues of work (``portal.kernel.core.queues.Queue``), each a list of the admin with chosen filters.
queues: HookList[Queue] = HookList("queues")
#: Kinds of work that are handed out one by one (``portal.kernel.core.queues.HandsOut``).
hands_out: HookList[HandsOut] = HookList("hands_out")
#: Callables ``(*, owners, user, at) -> {owner: Facts}`` (``portal.kernel.core.queues``) that say of the records of clocks, by the
#: clocks' owners, who has each and what it is about; in one statement for each kind of record.
record_facts: HookList[Callable[..., dict[str, Facts]]] = HookList("record_facts")
#: Callables ``(asked) -> hits`` that look for what staff typed (``portal.kernel.core.search_api``), a query for each model and meaning.
finders: HookList[Callable[[Asked], Iterable[Hits]]] = HookList("finders")
#: Callables ``(asked, request) -> page hits`` for what has a page and no list (``portal.kernel.core.search_api.PageHit``): each gives only
#: what this login may open.
page_finders: HookList[Callable[[Asked, HttpRequest], Iterable[PageHit]]] = HookList("page_finders")
#: Callables ``(*, user, subject_ref) -> reasons`` (``portal.kernel.core.work_references.Reason``): for which open work of a person
#: this login may open what is theirs, the likeliest first.
opening_reasons: HookList[Callable[..., Iterable[Reason]]] = HookList("opening_reasons")
#: Columns of lookup hashes that can be written anew under a new LOOKUP_KEY (``portal.kernel.core.lookup_columns``).
lookup_columns: HookList[Any] = HookList("lookup_columns")
#: Callables ``(*, again) -> (name, rows written)``: what lists show of encrypted texts, where a release before wrote none.
short_texts: HookList[Callable[..., tuple[str, int]]] = HookList("short_texts")
#: Parts of ``/readyz``, each with the name that it has when it cannot be asked: callables that return (name, ok, detail without
#: personal data).
readiness: HookList[tuple[str, Callable[[], tuple[str, bool, str]]]] = HookList("readiness")

#: May this message be sent? Filled by consent, asked by the outbox.
send_gate = HookAnswer("send_gate", when_empty=lambda *args, **kwargs: None)
#: The same for many messages of one purpose and channel at once, ``(*, asked, purpose, channel, at, fiduciary) -> answers`` in the
#: order of ``asked``, pairs of address and subject. Filled by consent; empty means that each is asked about alone.
send_gate_of_many = HookAnswer("send_gate_of_many", when_empty=lambda *args, **kwargs: ())
#: Files what somebody wrote in answer to a message, ``(*, key, fiduciary, channel, address, sender, text, language,
#: principal, actor, at) -> reference``, in the caller's transaction. Filled by grievances, asked by consent.
inbound_grievance = HookAnswer("inbound_grievance", when_empty=lambda *args, **kwargs: "")
#: Stops everything promotional of a fiduciary at an address that somebody complained of, in the caller's transaction,
#: ``(*, kind, address, fiduciary, actor, at, is_complaint=True) -> receipt``; empty where all of it was stopped before. Filled
#: by consent, asked by grievances.
stop_at_address = HookAnswer("stop_at_address", when_empty=lambda *args, **kwargs: "")
#: Records a person's wish to opt out of sale, sharing and uses that are not needed, in the caller's transaction,
#: ``(*, subject_ref, actor, at)``. Filled by consent, asked by grievances.
opted_out = HookAnswer("opted_out", when_empty=lambda *args, **kwargs: None)
#: Withdraws every yes of a person at their own wish or that of their nominee, in the caller's transaction, ``(*, subject_ref,
#: by_nominee, actor, at) -> how many``. Filled by consent, asked by grievances.
withdraw_everything = HookAnswer("withdraw_everything", when_empty=lambda *args, **kwargs: 0)
#: Ends every use of a person's data that waits for their word or that they may object to, in the caller's transaction,
#: ``(*, subject_ref, is_restricted, actor, at)``. Filled by consent, asked by grievances.
use_stopped = HookAnswer("use_stopped", when_empty=lambda *args, **kwargs: None)
#: Whether this login may look at a record for a grievance, ``(*, ticket, reference, user) -> bool``: it is open, it is theirs
#: to answer, and its person wrote the record's reference. Filled by grievances, asked by kyc. Empty means no.
named_in_grievance = HookAnswer("named_in_grievance", when_empty=lambda *args, **kwargs: False)
#: The published text that asks for a purpose, ``(*, purpose, language, at)``, with ``text``, ``language`` and ``sha256``; None
#: where none is in force: then nobody can be asked. Filled by consent, asked by kyc.
consent_question = HookAnswer("consent_question", when_empty=lambda *args, **kwargs: None)
#: Records a person's yes to processing in the caller's transaction, ``(*, subject_ref, purpose, text_sha256, language,
#: asked_in, proof, actor, at) -> receipt``; empty where they said no meanwhile. Filled by consent, asked by kyc.
consent_given = HookAnswer("consent_given", when_empty=lambda *args, **kwargs: "")
#: The receipt of a person's yes that counts, ``(*, subject_ref, purpose, at)``; empty for none. Filled by consent.
consent_standing = HookAnswer("consent_standing", when_empty=lambda *args, **kwargs: "")
#: Those of the addresses' lookup hashes that a fiduciary knows to be used with it, ``(*, fiduciary, keys) -> set``. Filled by
#: consent, asked by registers. Empty means none: nobody is told of an address.
addresses_used = HookAnswer("addresses_used", when_empty=lambda *args, **kwargs: frozenset())
#: The plain function, ``room.module.function``, that finds in a text the numbers which must not be kept: ``(text) -> places``.
#: Empty for none. Filled by kyc, asked by grievances.
number_finder = HookAnswer("number_finder", when_empty=lambda *args, **kwargs: "")
#: What a signed document says of a person's age, ``(*, subject_ref) -> "adult", "child" or ""``. Filled by kyc, asked by people.
age_shown = HookAnswer("age_shown", when_empty=lambda *args, **kwargs: "")
#: Is this sender's KYC in order? Filled by kyc, asked by consent.
sender_state = HookAnswer("sender_state", when_empty=lambda *args, **kwargs: None)
#: May this login propose that a list leaves unmasked, ``(*, user)``? Filled by the workplace, asked by jobs. Empty means no.
may_unmask = HookAnswer("may_unmask", when_empty=lambda *args, **kwargs: False)
#: Does this posted request of staff only ask to read, ``(request)``? Asked before anybody is known, while the portal is
#: read-only, by address and fields alone. Filled by the workplace. Empty means no.
only_asks = HookAnswer("only_asks", when_empty=lambda *args, **kwargs: False)
#: The proposal of such a list, ``(*, wish, actor)``, which another person answers. Filled by the workplace, asked by jobs.
unmasked_export = HookAnswer("unmasked_export", when_empty=lambda *args, **kwargs: None)
#: The page that checks packs and receipts in a browser without a network, as the bytes of one file with no key in it. Filled by
#: selfservice, asked by evidence.
verifier_page = HookAnswer("verifier_page", when_empty=lambda *args, **kwargs: b"")
#: Does this login's role carry the permission? Filled by people. Empty means no.
permission_source = HookAnswer("permission_source", when_empty=lambda *args, **kwargs: False)
#: The days and areas to which an auditor's login is bound, ``(user)``: ``narrowed(rows)``, ``holds(instant)``, ``covers(first,
#: last)``, ``says()``; None for everybody else. Filled by people.
reading_scope = HookAnswer("reading_scope", when_empty=lambda *args, **kwargs: None)
#: The roles of this login that ended and that it does not hold now, ``(user)``: each with its label and its end, the last
#: first. Filled by people.
ended_roles = HookAnswer("ended_roles", when_empty=lambda *args, **kwargs: [])
#: What to say to a request that came while the database is away, ``(request) -> response | None``: a stop is kept and
#: answered. Filled by selfservice.
answer_while_away = HookAnswer("answer_while_away", when_empty=lambda *args, **kwargs: None)
#: The ledger entries in which two people have explained entries out of order, ``() -> their keys``. Filled by audit.
anomalies_explained = HookAnswer("anomalies_explained", when_empty=list)
#: When the newest ledger entry was recorded, ``() -> datetime | None``: on SQLite the clock must not be before it. Filled by
#: ledger.
last_recorded_at = HookAnswer("last_recorded_at", when_empty=lambda: None)
#: The text under each letter, ``(*, language, on) -> str``: officer and company. Filled by registers.
letter_footer = HookAnswer("letter_footer", when_empty=lambda *args, **kwargs: "")
#: Where a message is stopped at one press, ``(*, reference, category) -> url``; empty for what is owed. Filled by consent.
one_click_url = HookAnswer("one_click_url", when_empty=lambda *args, **kwargs: "")
#: How many records erasures have ended by now, ``(*, model) -> int``: those that end finished files of people, and those of the
#: model's own erasers ("people.Staff"; empty for none). It only grows. Filled by retention, asked by jobs.
erased_so_far = HookAnswer("erased_so_far", when_empty=lambda *args, **kwargs: 0)
#: Of these subjects those of whom a legal hold, an order or a legal claim keeps the contents of ledger entries,
#: ``(*, subject_refs, in_turn) -> set``; ``in_turn``: and nobody places one until the caller's transaction ends. Filled by
#: retention, asked by the ledger before it ends any.
kept_contents = HookAnswer("kept_contents", when_empty=lambda **kwargs: set())
#: Under whose name a message goes, ``(*, fiduciary, channel, category, kind, language, about)``. Filled by registers.
sender_identity = HookAnswer("sender_identity", when_empty=lambda *args, **kwargs: None)
#: The registered template that a message is sent under, ``(*, about, channel, language) -> template id``; empty where the
#: settings name it by the message's kind. Filled by consent, asked by registers.
message_template = HookAnswer("message_template", when_empty=lambda *args, **kwargs: "")
#: How many sends of the time before it (house rule registers.affected_sends) the approval or the end of a register entry
#: would have stopped, ``(*, entry, at)``: ``permitted`` and ``stopped``; None where it changes no decision. Filled by consent, asked by registers.
affected_sends = HookAnswer("affected_sends", when_empty=lambda *args, **kwargs: None)
#: Writes the audit event "a person's record was opened". Filled by audit.
record_opened = HookAnswer("record_opened", when_empty=lambda *args, **kwargs: None)
#: Writes the audit event "a page of a list showed names": ``(*, request, listed, filters, count)``. Filled by people.
names_listed = HookAnswer("names_listed", when_empty=lambda **kwargs: None)
#: Writes the audit event of an act of staff that wrote none itself: who, about what, which act, field, old and new. Filled
#: by audit.
act_done = HookAnswer("act_done", when_empty=lambda *args, **kwargs: None)
#: For how long one answer opens the same record again, ``(*, at) -> timedelta``. Filled by law.
opening_life = HookAnswer("opening_life", when_empty=lambda *args, **kwargs: timedelta(0))
#: Who may answer what a member of staff proposes, ``(*, act, user) -> str``: roles with their names; "" where nobody is
#: known. Filled by people.
second_people = HookAnswer("second_people", when_empty=lambda **kwargs: "")
#: Has this request passed the second factor? Filled by signin. Empty means no.
second_factor = HookAnswer("second_factor", when_empty=lambda *args, **kwargs: False)

ANSWERS = (
    send_gate,
    send_gate_of_many,
    inbound_grievance,
    stop_at_address,
    opted_out,
    withdraw_everything,
    use_stopped,
    named_in_grievance,
    consent_question,
    consent_given,
    consent_standing,
    addresses_used,
    number_finder,
    age_shown,
    sender_state,
    verifier_page,
    permission_source,
    reading_scope,
    may_unmask,
    only_asks,
    unmasked_export,
    erased_so_far,
    kept_contents,
    anomalies_explained,
    last_recorded_at,
    letter_footer,
    one_click_url,
    sender_identity,
    message_template,
    affected_sends,
    record_opened,
    names_listed,
    act_done,
    opening_life,
    second_people,
    second_factor,
)
