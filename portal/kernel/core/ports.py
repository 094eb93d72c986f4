"""Upward calls. Lower rooms ask here; higher rooms answer, registered in their ``ready()``.

A list collects answers of many rooms; what one room alone answers is in ``portal.kernel.core.answers``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
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
