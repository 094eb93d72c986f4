"""What a case still needs: the list of its type, held against the documents and the people that are there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from kyc import ownership, requirements, rules
from kyc.models import Case, Document, Holding, Party
from kyc.ownership import Ownership, OwnershipFault, Share
from kyc.requirements import Need, Requirements
from kyc.selectors import does_not_fit
from kyc.states import DocumentState, PartyRole, Turn
from portal.core.clock import day
from portal.law.models import Clock
from portal.law.selectors import house_rule
from portal.law.services.timing import dates_of

#: The day to work to; nothing ends when it passes.
CUSTOMER_SENDS = "kyc.customer_sends"
ZONE = "Asia/Kolkata"
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

    @property
    def turn(self) -> Turn:
        """Whose turn it is."""
        return TURNS.get(self.state, Turn.CUSTOMER)


@dataclass(frozen=True)
class Lacking:
    """So many people are still to be named in one capacity; for owners also: what they own does not add up."""

    role: str
    count: int


@dataclass(frozen=True)
class Needs:
    """All tasks of a case: the customer's own first, then person by person."""

    wanted: Requirements
    tasks: tuple[Task, ...]
    lacking: tuple[Lacking, ...]
    ownership: Ownership | None

    @property
    def states(self) -> list[str]:
        """What the state of the case follows from (``rules.case_target``)."""
        asked = [rules.counted(task.state, is_optional=task.need.is_optional) for task in self.tasks]
        return [*asked, *("customer" for _ in self.lacking)]


def requirements_of(case: Case, *, now: datetime) -> Requirements:
    """The list for this case, in force on that day in India."""
    return requirements.requirements_for(case.relation, case.customer_type, on=day(now))


def parties_of(case: Case) -> list[Party]:
    """The people and organisations behind the customer now, oldest first."""
    if case.pk is None:
        return []
    return list(case.parties.filter(ended_at=None).select_related("principal__subject").order_by("pk"))


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
    present = Document.objects.exclude(state=DocumentState.REPLACED).select_related("case", "party", "kept")
    present = present.prefetch_related("checks")
    for row in present.filter(case=case.pk) if case.pk else ():
        there.setdefault(row.party_id, {})[row.kind] = row
    places = [(None, wanted.own)] + [(party, needs_of_party(wanted, party, owned)) for party in parties]
    days = _Days(case, now)
    tasks = tuple(
        _task(need, party, there.get(party.pk if party else None, {}), days)
        for party, needs in places
        for need in needs
    )
    return Needs(wanted, tasks, tuple(_lacking(wanted, parties, owned)), owned)


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


def kinds_wanted(case: Case, party: Party | None, *, now: datetime) -> frozenset[str]:
    """The kinds of document that are asked for, or taken, in one place of the case."""
    wanted = requirements_of(case, now=now)
    needs = wanted.own if party is None else needs_of_party(wanted, party, ownership_of(case, now=now))
    return frozenset(kind for need in needs for kind in need.kinds)


def place_of(need: Need, present: dict[str, Document]) -> tuple[Document | None, str]:
    """The document that stands for a need, and how the need stands."""
    found = {kind: present[kind] for kind in need.kinds if kind in present}
    said = {
        kind: ("misfit" if does_not_fit(row) else str(row.state), row.sent_at is not None)
        for kind, row in found.items()
    }
    kind, state = rules.need_state(said)
    return found.get(kind), state


def _task(need: Need, party: Party | None, present: dict[str, Document], days: "_Days") -> Task:
    document, state = place_of(need, present)
    is_wanted = not need.is_optional and (document is None or document.sent_at is None)
    due_on = days.ours if state == "with_us" else days.theirs if state == "customer" and is_wanted else None
    return Task(need, party, document, state, due_on)


def _lacking(wanted: Requirements, parties: list[Party], owned: Ownership | None) -> Iterable[Lacking]:
    there = {
        PartyRole.SIGNATORY: sum(1 for one in parties if one.is_signatory),
        PartyRole.DIRECTOR: sum(1 for one in parties if one.is_director),
        PartyRole.OWNER: len(owned.percents) if owned is not None and not owned.faults & FATAL else 0,
    }
    for role, least in wanted.least.items():
        if there[PartyRole(role)] < least:
            yield Lacking(role, least - there[PartyRole(role)])


class _Days:
    """The day until which we look, and the day until which the customer should send; read once for a case."""

    def __init__(self, case: Case, now: datetime) -> None:
        self._case, self._now = case, now

    @cached_property
    def ours(self) -> date | None:
        running: Any = Clock.objects.filter(owner=f"kyc.case:{self._case.reference}", state="running").first()
        return day(running.due_at) if running and running.due_at else None

    @cached_property
    def theirs(self) -> date | None:
        if self._case.rekyc_on is not None:
            return self._case.rekyc_on
        rule = house_rule(CUSTOMER_SENDS, on=day(self._now))
        return dates_of(rule, self._case.opened_at, ZONE).due_on
