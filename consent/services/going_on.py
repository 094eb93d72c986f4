"""What goes on whatever a person stops, and under which law or contract: pages and receipts say so (BRD 4.1.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.selectors.rulebook import rulebook
from portal.law.states import Regime
from portal.people.selectors import DEFAULT_REGIME


@dataclass(frozen=True)
class Basis:
    regime: Any
    label: Any


@dataclass(frozen=True)
class GoingOn:
    """One purpose that rests on another ground than consent, in the reader's language."""

    name: str
    description: str
    bases: tuple[Basis, ...]


def without_consent(*, at: datetime, regimes: Iterable[Regime] = (DEFAULT_REGIME,)) -> list[GoingOn]:
    """The purposes in force at ``at`` that need no consent, with the ground under each of the laws (``regimes_of``)."""
    found = []
    for purpose in rulebook(at).unasked:
        grounds = [(regime, purpose.basis(regime)) for regime in sorted(regimes, key=list(Regime).index)]
        bases = tuple(Basis(regime.label, ground.label) for regime, ground in grounds if ground is not None)
        found.append(GoingOn(purpose.name, purpose.description, bases))
    return found
