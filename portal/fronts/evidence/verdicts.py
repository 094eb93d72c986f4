"""How a promise of the policy is kept, by what was searched for, what was asked, and what a person attested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.fronts.evidence.commitment_texts import in_words
from portal.fronts.evidence.violations import NOTHING, SEARCHES, Found
from portal.kernel.core import date_format
from portal.kernel.law.labels import work

#: The promises before the first numbered clause.
PREAMBLE = "0"
#: Questions whose rows come only with what happens: where nothing happened, they show nothing.
HAPPENINGS = frozenset({"rows", "event"})


#: Searches whose words are kinds of work.
DEADLINES = frozenset({"deadlines_missed", "legal_deadlines_missed"})


class State(StrEnum):
    KEPT = "kept"
    NOT_SHOWN = "not_shown"
    NO_CASE = "no_case"
    NOT_STATED = "not_stated"


#: What each state of a promise means.
MEANINGS: Mapping[State, Any] = {
    State.KEPT: gettext_lazy(
        "Nothing that breaks the promise was found, and every question is answered with yes; or a person attested it."
    ),
    State.NOT_SHOWN: gettext_lazy(
        "Something that breaks the promise was found, or evidence of it is missing or too old."
    ),
    State.NO_CASE: gettext_lazy("Nothing happened that could have broken the promise."),
    State.NOT_STATED: gettext_lazy("The policy in force leaves the promise out."),
}


@dataclass(frozen=True)
class Seen:
    """The answer to one question: whether it is as promised, and the last date of its evidence."""

    is_so: bool
    at: datetime | None = None
    says: str = ""


@dataclass(frozen=True)
class Promise:
    """A sentence of the policy, what would break it, and the questions that show it. ``unless`` is the defect that leaves it
    without words; ``is_judged`` says that a person judges it.
    """

    key: str
    clause: str
    says: str
    asks: tuple[str, ...]
    unless: str = ""
    topic: str = ""
    broken_by: tuple[str, ...] = ()
    is_judged: bool = False


@dataclass(frozen=True)
class Stated:
    """What the policy in force says: numbers of clauses (and the promises they keep under another), and its defects."""

    clauses: frozenset[str]
    defects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Attested:
    """What a person judged of a promise: by whom, on which day, how long it counts, and the file that shows it."""

    is_kept: bool
    on: date
    until: date
    by: str
    sha256: str
    number: int
    counts: bool


@dataclass(frozen=True)
class Evidence:
    """What the searches found, by question, and what people attested last, by promise."""

    found: Mapping[str, Found] = field(default_factory=dict)
    attested: Mapping[str, Attested] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """How one promise is kept now. ``judged`` is the last attestation where a person judges it."""

    promise: Promise
    state: State
    last: datetime | None
    seen: Sequence[tuple[str, Seen]] = ()
    why: str = ""
    found: Sequence[tuple[str, Found]] = ()
    judged: Attested | None = None

    @property
    def total(self) -> Found:
        """All that was searched for it, together."""
        return sum((found for _question, found in self.found), NOTHING)

    @property
    def lacking(self) -> list[tuple[str, Seen]]:
        """The questions that are not answered as promised; none of what happens, where nothing happened."""
        nothing_happened = bool(self.found) and not self.total.population
        return [
            (question, seen)
            for question, seen in self.seen
            if not seen.is_so and not (nothing_happened and _is_of_happenings(question))
        ]

    @property
    def missing(self) -> list[str]:
        return [question for question, _seen in self.lacking]

    @property
    def told(self) -> list[tuple[str, Seen]]:
        """What was asked, in words, with its answers."""
        return [(in_words(question), seen) for question, seen in self.seen]

    @property
    def searched(self) -> list[tuple[str, Found]]:
        """What was searched for, in words, with what was found."""
        return [(search_in_words(question), found) for question, found in self.found]


def _is_of_happenings(question: str) -> bool:
    is_of_happenings = question.split(maxsplit=1)[0] in HAPPENINGS or question.startswith("is kept_in_time ")
    return is_of_happenings and "within=" not in question


def search_in_words(question: str) -> str:
    """A search for a violation as what is searched for."""
    name, *words = question.split()
    said = str(SEARCHES[name].words)
    about = ", ".join(work(word) if name in DEADLINES else word.replace("_", " ") for word in words)
    return f"{said} ({about})" if about else said


def shown(promise: Promise, answers: Mapping[str, Seen], stated: Stated | None, evidence: Evidence) -> Shown:
    """How a promise is kept. Kept only where nothing that breaks it was found among what was looked at, every question is
    answered with yes and somebody knows since when; what a person judges, while their attestation counts.
    """
    seen = [(question, answers[question]) for question in promise.asks]
    found = [(question, evidence.found[question]) for question in promise.broken_by]
    judged = evidence.attested.get(promise.key) if promise.is_judged else None
    dates = [at for at in (*(answer.at for _question, answer in seen), *(one.last for _question, one in found)) if at]
    row = Shown(promise, State.NOT_SHOWN, max(dates, default=None), seen, "", found, judged)
    state, why = _state(row, stated)
    return Shown(promise, state, row.last, seen, why, found, judged)


def _state(row: Shown, stated: Stated | None) -> tuple[State, str]:
    if stated is None:
        return State.NOT_SHOWN, _("No policy is published.")
    if why := _without_words(row.promise, stated):
        return State.NOT_STATED, why
    wrong = _not_attested(row.judged) if row.promise.is_judged else ""
    if row.total.broken or wrong or row.lacking:
        return State.NOT_SHOWN, wrong
    if row.promise.broken_by and not row.total.population:
        return State.NO_CASE, ""
    return (State.KEPT if row.last is not None else State.NOT_SHOWN), ""


def _not_attested(judged: Attested | None) -> str:
    """Why an attestation does not show that the promise is kept; empty where it does."""
    if judged is None:
        return _("A person judges this. No attestation was made.")
    if not judged.is_kept:
        return _("A person judges this, and found on %(day)s that it is not kept.") % {
            "day": date_format.day(judged.on)
        }
    if not judged.counts:
        return _("A person judges this. The attestation counted until %(day)s.") % {
            "day": date_format.day(judged.until)
        }
    return ""


def _without_words(promise: Promise, stated: Stated) -> str:
    """Why the policy in force does not state the promise; empty where it does."""
    if promise.clause != PREAMBLE and promise.clause not in stated.clauses:
        return _("The policy in force has no clause %(number)s.") % {"number": promise.clause}
    group = promise.clause.partition(".")[0]
    for code, clause in stated.defects:
        if code == promise.unless and (not clause or clause.partition(".")[0] == group):
            return _("The policy in force leaves this out (%(code)s).") % {"code": code}
    return ""
