"""What a case still needs: the list of its type, held against the documents and the people that are there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from kyc.base.choices import GONE, CaseState, DocumentState, PartyRole, Turn
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Holding, Party
from kyc.cases import document_requirements
from kyc.cases.document_requirements import Need, Requirements
from kyc.cases.renewal_rules import DueAgain, due_again
from kyc.cases.rules import document_checks, ownership
from kyc.cases.rules.ownership import Ownership, OwnershipFault, Share
from kyc.cases.selectors import does_not_fit
from portal.kernel.core.clock import day
from portal.kernel.law.date_arithmetic import INDIA
from portal.kernel.law.selectors import house_rule, running_clocks
from portal.kernel.law.services.due_dates import dates_of

#: The day to work to; nothing ends when it passes.
CUSTOMER_SENDS = "kyc.customer_sends"
#: How long an approval stands while the papers of somebody new are on their way.
CHANGE_GRACE = "kyc.change_grace"
ZONE = INDIA
#: Faults with which the named shares prove nothing.
FATAL = frozenset({OwnershipFault.MORE_THAN_ALL, OwnershipFault.CLOSED_CIRCLE})
TURNS = {"approved": Turn.NOBODY, "rejected": Turn.NOBODY, "with_us": Turn.US}


@dataclass(frozen=True)
class Task:
    """One thing to show, about the customer or about one of its people. ``document`` is what stands for it now."""

    need: Need
    party: Party | None
    document: Document | None
    state: str
    due_on: date | None = None
    #: Of somebody named after the approval, whose days to send it have not run out.
    is_new: bool = False
    #: What else was uploaded for it and waits to be sent.
    drafts: tuple[Document, ...] = ()
    #: What else was sent, or refused at once, for it: it decides nothing here, and its customer finds it all the same.
    beside: tuple[Document, ...] = ()

    @property
    def turn(self) -> Turn:
        """Whose turn it is."""
        return TURNS.get(self.state, Turn.CUSTOMER)


@dataclass(frozen=True)
class Lacking:
    """So many people are still to be named in one capacity; for owners also: what they own does not add up.

    ``fault``: shares are named that prove nothing. ``leaves_room``: owners are named, and what is not named is enough for another one who counts.
    """

    role: str
    count: int
    leaves_room: bool = False
    fault: str = ""


@dataclass(frozen=True)
class Needs:
    """All tasks of a case: the customer's own first, then person by person."""

    wanted: Requirements
    tasks: tuple[Task, ...]
    lacking: tuple[Lacking, ...]
    ownership: Ownership | None

    @property
    def states(self) -> list[str]:
        """What the state of the case follows from (``document_checks.case_target``)."""
        asked = [
            document_checks.counted(task.state, is_optional=task.need.is_optional, is_new=task.is_new)
            for task in self.tasks
        ]
        return [*asked, *("customer" for _ in self.lacking)]

    @property
    def done(self) -> int:
        """How many of the tasks that are asked for are done."""
        return sum(1 for task in self._asked if task.state == "approved")

    @property
    def total(self) -> int:
        """How many tasks are asked for; who is still to be named is one each."""
        return len(self._asked) + len(self.lacking)

    @property
    def _asked(self) -> list[Task]:
        return [task for task in self.tasks if not task.need.is_optional]

    @property
    def last_days(self) -> list[date]:
        """On which the documents that are asked for end."""
        there = (task.document for task in self.tasks if task.document and not task.need.is_optional)
        return [document.expires_on for document in there if document.expires_on is not None]


def requirements_of(case: Case, *, now: datetime) -> Requirements:
    """The list for this case, in force on that day in India."""
    return document_requirements.requirements_for(case.relation, case.customer_type, on=day(now))


def parties_of(case: Case) -> list[Party]:
    """The people and organisations behind the customer now, oldest first."""
    if case.pk is None:
        return []
    return list(case.parties.filter(ended_at=None).select_related("principal__subject").order_by("pk"))


def shares_of(case: Case) -> list[Holding]:
    """The shares that are named now, as they were typed, oldest first."""
    if case.pk is None:
        return []
    return list(Holding.objects.filter(owner__case=case, ended_at=None).select_related("held").order_by("pk"))


def ownership_of(case: Case, *, now: datetime, parties: Iterable[Party] | None = None) -> Ownership | None:
    """Who owns the customer in the end, by the shares named; None where this type has no owners."""
    counted_from = requirements_of(case, now=now).beneficial
    if counted_from is None:
        return None
    people = {one.pk for one in (parties_of(case) if parties is None else parties) if one.principal_id is not None}
    if case.pk is None:
        return None
    rows = Holding.objects.filter(owner__case=case, ended_at=None).values_list("owner", "held", "percent")
    limit = house_rule(counted_from.rule, on=day(now)).amount
    return ownership.owners([Share(*row) for row in rows], people=people, above=limit, at_least=counted_from.at_least)


def needs_of(case: Case, *, now: datetime) -> Needs:
    """Every task of the case, from its rows as they are now; a handful of queries, whatever the number of people."""
    wanted, parties = requirements_of(case, now=now), parties_of(case)
    owned = ownership_of(case, now=now, parties=parties)
    there: dict[int | None, dict[str, Document]] = {}
    present = Document.objects.exclude(state__in=GONE).select_related("case", "party", "kept")
    present = present.prefetch_related("checks")
    for row in present.filter(case=case.pk) if case.pk else ():
        there.setdefault(row.party_id, {})[row.kind] = row
    places = [(None, wanted.own)] + [(party, needs_of_party(wanted, party, owned)) for party in parties]
    days, again = _Days(case, now), due_again(case, wanted, now=now)
    new = _new_until(case, parties, now)
    tasks = tuple(
        _task(need, party, there.get(party.pk if party else None, {}), days, again, new)
        for party, needs in places
        for need in needs
    )
    return Needs(wanted, tasks, tuple(_lacking(case, wanted, parties, owned, is_changing=bool(new))), owned)


def needs_of_party(wanted: Requirements, party: Party, owned: Ownership | None) -> tuple[Need, ...]:
    """What one person shows: each thing once, in whatever capacities they stand there."""
    if party.principal_id is None:
        return ()
    roles = {
        PartyRole.SIGNATORY: party.is_signatory,
        PartyRole.DIRECTOR: party.is_director,
        PartyRole.OWNER: owned is not None and party.pk in owned.beneficial,
    }
    needs = (need for role, holds in roles.items() if holds for need in wanted.people.get(role, ()))
    return tuple(dict.fromkeys(needs))


def needs_at(case: Case, party: Party | None, *, now: datetime) -> tuple[Need, ...]:
    """What is asked for, or taken, in one place of the case."""
    wanted = requirements_of(case, now=now)
    return wanted.own if party is None else needs_of_party(wanted, party, ownership_of(case, now=now))


def kinds_wanted(case: Case, party: Party | None, *, now: datetime) -> frozenset[str]:
    """The kinds of document that are asked for, or taken, in one place of the case."""
    return frozenset(kind for need in needs_at(case, party, now=now) for kind in need.kinds)


def is_due_again(document: Document, *, now: datetime) -> bool:
    """Whether an approved document is to be shown anew: its last day is near, or its case is renewed."""
    wanted = requirements_of(document.case, now=now)
    again = due_again(document.case, wanted, now=now)
    return any(again.covers(document, name) for name in need_names(wanted, document.kind) or [""])


def need_names(wanted: Requirements, kind: str) -> list[str]:
    """The needs that a kind of document meets: the customer's own, then those of its people."""
    return list(dict.fromkeys(need.name for need in wanted.every_need if kind in need.kinds))


def place_of(need: Need, present: dict[str, Document], again: DueAgain) -> tuple[Document | None, str]:
    """The document that stands for a need, and how the need stands."""
    found = {kind: present[kind] for kind in need.kinds if kind in present}
    said = {kind: (_stands(row, need, again), row.sent_at is not None) for kind, row in found.items()}
    kind, state = document_checks.need_state(said)
    return found.get(kind), state


def _stands(document: Document, need: Need, again: DueAgain) -> str:
    if does_not_fit(document):
        return "misfit"
    return "due_again" if again.covers(document, need.name) else str(document.state)


def _task(
    need: Need,
    party: Party | None,
    present: dict[str, Document],
    days: "_Days",
    again: DueAgain,
    new: Mapping[int, date],
) -> Task:
    document, state = place_of(need, present, again)
    is_wanted = not need.is_optional and (document is None or document.sent_at is None or _is_to_renew(document))
    until = new.get(party.pk) if party else None
    theirs = until or days.theirs
    due_on = days.ours if state == "with_us" else theirs if state == "customer" and is_wanted else None
    others = [present[kind] for kind in need.kinds if kind in present and present[kind] is not document]
    drafts = tuple(other for other in others if _is_draft(other))
    beside = tuple(other for other in others if not _is_draft(other))
    return Task(need, party, document, state, due_on, is_new=until is not None, drafts=drafts, beside=beside)


def _is_draft(document: Document) -> bool:
    return document.sent_at is None and document.state != DocumentState.REFUSED


def _is_to_renew(document: Document) -> bool:
    return document.state in {DocumentState.APPROVED, DocumentState.EXPIRED}


def _new_until(case: Case, parties: Iterable[Party], now: datetime) -> dict[int, date]:
    """Whoever was named, or got a share, since the case was approved, and the day until which their papers may come.

    Who names a new director must not lose the use of the network the same minute: the approval stands until that day.
    """
    if case.state != CaseState.APPROVED or case.decided_at is None:
        return {}
    rule = house_rule(CHANGE_GRACE, on=day(now))
    since = {one.pk: one.added_at for one in parties if one.added_at > case.decided_at}
    bought = Holding.objects.filter(owner__case=case, ended_at=None, since__gt=case.decided_at)
    for owner, at in bought.values_list("owner", "since"):
        since[owner] = min(since.get(owner, at), at)
    until = {pk: dates_of(rule, at, ZONE).due_on for pk, at in since.items()}
    return {pk: last for pk, last in until.items() if day(now) <= last}


def _lacking(
    case: Case, wanted: Requirements, parties: list[Party], owned: Ownership | None, *, is_changing: bool
) -> Iterable[Lacking]:
    there = {
        PartyRole.SIGNATORY: sum(1 for one in parties if one.is_signatory),
        PartyRole.DIRECTOR: sum(1 for one in parties if one.is_director),
    }
    for role, count in there.items():
        if count < wanted.least.get(role, 0):
            yield Lacking(role, wanted.least[role] - count)
    if owned is not None and not is_changing:
        yield from _owners_lacking(owned, is_said=case.nobody_else_at is not None)


def _owners_lacking(owned: Ownership, *, is_said: bool) -> Iterable[Lacking]:
    """Owners are asked for until nobody who counts can be missing, or the customer has said that nobody is.

    That it said so does not make shares believable that cannot be.
    """
    if owned.faults & FATAL:
        yield Lacking(PartyRole.OWNER, 1, fault=min(owned.faults & FATAL))
    elif owned.hides_owner and not is_said:
        yield Lacking(PartyRole.OWNER, 1, leaves_room=bool(owned.percents))


class _Days:
    """The day until which we look, and the day until which the customer should send; read once for a case."""

    def __init__(self, case: Case, now: datetime) -> None:
        self._case, self._now = case, now

    @cached_property
    def ours(self) -> date | None:
        running = running_clocks(self._case.owner).first()
        return day(running.due_at) if running else None

    @cached_property
    def theirs(self) -> date | None:
        if self._case.rekyc_on is not None:
            return self._case.rekyc_on
        rule = house_rule(CUSTOMER_SENDS, on=day(self._now))
        return dates_of(rule, self._case.opened_at, ZONE).due_on
