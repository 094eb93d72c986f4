"""What a room tells of one person on the one-person file: which ledger entries are its own, and what they say.

Each change about a person leaves one entry of the ledger with their reference. The file is those entries in the order in
which they were recorded; each kind of audit event belongs to the strand that names the longest beginning of it.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.kernel.core import ports

#: A state that no fact tells but the act itself: "=placed".
GIVEN = "="


@dataclass(frozen=True)
class Told:
    """What one entry says, without anything personal: the act, in words, by whom, about what, and the state it left."""

    act: str
    words: str
    at: datetime
    who: str
    about: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stands:
    """How one thing stood at an instant: its name, its state, and since when."""

    strand: str
    thing: str
    about: str
    state: str
    since: datetime


@dataclass(frozen=True)
class Strand:
    """Registered in ``ports.strands``: one kind of what happens to a person.

    ``needs`` is the permission to read it. ``acts`` are beginnings of audit kinds; ``ledger_kind`` names entries that are
    no audit events, told by ``tells``. ``states`` says, by the beginning of a kind, which thing has a state and which
    fact tells it. ``also`` gives the ``about`` of audit events that concern the persons and name none. ``standing`` is
    asked instead of ``states`` where a state is more than the last word.
    """

    code: str
    label: Any
    needs: str
    acts: tuple[str, ...]
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ledger_kind: str = ""
    tells: Callable[[Collection[int]], Mapping[int, Told]] | None = None
    also: Callable[[Collection[UUID], datetime], Iterable[str]] | None = None
    standing: Callable[[Collection[UUID], datetime], Iterable[Stands]] | None = None

    def state_after(self, act: str, facts: Mapping[str, Any]) -> tuple[str, str] | None:
        """The thing that has a state after this act, and the state; None where the act tells of none."""
        known = max((start for start in self.states if act.startswith(start)), key=len, default=None)
        if known is None:
            return None
        thing, fact = self.states[known]
        state = fact.removeprefix(GIVEN) if fact.startswith(GIVEN) else str(facts.get(fact) or "")
        return (thing, state) if state else None


@functools.cache
def owner_of(act: str) -> Strand:
    """The strand whose act this is: the one that names the longest beginning. Raises LookupError for an act of none.

    Kinds are a closed list and rooms register once: each is looked up once.
    """
    found = [
        (len(start), number, strand)
        for number, strand in enumerate(ports.strands)
        for start in strand.acts
        if act.startswith(start)
    ]
    if not found:
        raise LookupError(act)
    owner: Strand = max(found)[2]
    return owner
