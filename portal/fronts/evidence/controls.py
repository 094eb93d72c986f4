"""The list of controls: promises of the policy, security measures and duties of law, each with its result, its cases, its
owner and the frameworks that it serves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from portal.fronts.evidence import commitment_checks, policy_commitments
from portal.fronts.evidence.catalogue import Catalogue, Reference, Topic
from portal.fronts.evidence.commitment_texts import in_words
from portal.fronts.evidence.control_choices import TONES, WORDS, ControlState
from portal.fronts.evidence.registers import case_name
from portal.fronts.evidence.verdicts import Attested, Promise, Seen, Shown, State
from portal.fronts.evidence.violations import SEARCHES, Found
from portal.kernel.core import clock, date_format
from portal.kernel.registers.base.models.security import Measure
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.senders.selectors.senders import in_force

#: Where the state of a measure comes from.
MEASURES = "registers/book_measure"


@dataclass(frozen=True)
class Control:
    """One control. ``where`` names what shows it: a question of the policy map, a record, or a list of cases.

    ``met`` and ``missed`` are None where there is nothing to count. ``failed`` has the cases behind ``missed``, each as the
    register and the number of its row, and ``named`` what was found that is no row. ``derived_from`` names the register of a pack from which the result can be derived again, and is empty where none can.
    """

    code: str
    says: str
    state: ControlState
    last: datetime | None
    asked_at: datetime
    where: tuple[str, ...] = ()
    note: str = ""
    topic: Topic | None = None
    met: int | None = None
    missed: int | None = None
    running: int | None = None
    failed: tuple[str, ...] = field(default=(), repr=False)
    named: tuple[str, ...] = field(default=(), repr=False)
    derived_from: str = ""
    is_confirmed: bool = True
    searched: tuple[tuple[str, Found], ...] = field(default=(), repr=False)
    is_judged: bool = False

    @property
    def age(self) -> int | None:
        """Days since the last evidence; None where there is none."""
        return None if self.last is None else max(0, (clock.day(self.asked_at) - clock.day(self.last)).days)

    @property
    def population(self) -> int | None:
        """How many cases there were; None where nothing is counted."""
        return None if self.met is None or self.missed is None else self.met + self.missed

    @property
    def word(self) -> str:
        """The state in words, with how many of how many where there were cases."""
        of = {"met": self.met, "missed": self.missed, "count": self.population}
        if self.state == ControlState.MET and self.population:
            return _("Met %(met)s of %(count)s") % of
        if self.state == ControlState.MISSED and self.population:
            return _("Missed %(missed)s of %(count)s") % of
        return str(WORDS[self.state])

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")

    @property
    def references(self) -> tuple[Reference, ...]:
        return self.topic.references if self.topic is not None else ()

    @property
    def frameworks(self) -> list[tuple[str, str]]:
        """Each framework by name, with the requirements that the control serves."""
        named = {one.framework: one.name for one in self.references}
        return [(name, self.requirements(framework)) for framework, name in named.items()]

    def requirements(self, framework: str) -> str:
        """The requirements of one framework; those that nobody has compared with their text last, named so."""
        found = [one for one in self.references if one.framework == framework]
        confirmed = [one.where for one in found if one.is_confirmed]
        rest = [one.where for one in found if not one.is_confirmed]
        return "; ".join([*confirmed, *([_("%(where)s (unconfirmed)") % {"where": "; ".join(rest)}] if rest else [])])


def of_map(found: policy_commitments.Map, *, now: datetime) -> list[Control]:
    """A control for each promise of a policy map that was asked already."""
    topics = Catalogue(on=clock.day(now))
    return [_promised(row, topics, now) for row in found.rows]


def _promised(row: Shown, topics: Catalogue, now: datetime) -> Control:
    """As the policy map has it. What was searched is met or missed; what a person judges is as fresh as their attestation.
    Where evidence is wanting, it is as old as that of the answer which is.
    """
    promise, total = row.promise, row.total
    state, last = _of_promise(row)
    notes = [row.why]
    if row.judged is not None and not row.why:
        notes.append(_("Judged by %(by)s on %(day)s.") % {"by": row.judged.by, "day": date_format.day(row.judged.on)})
    if state in {ControlState.MISSING, ControlState.STALE}:
        wrong = [(in_words(question), seen) for question, seen in row.lacking]
        notes += [_missing(words) if seen.at is None else _wanting(words, seen) for words, seen in wrong]
    notes += total.left_out
    # What two searches looked at are different things: their sum is the number of nothing.
    is_counted = len(row.found) == 1 and state in {ControlState.MET, ControlState.MISSED, ControlState.NO_CASE}
    judged = (f"attested {promise.key}",) if promise.is_judged else ()
    return Control(
        promise.key,
        promise.says,
        state,
        last,
        now,
        tuple(dict.fromkeys((*_where_found(total), *judged, *promise.asks, *_where_searched(promise)))),
        " ".join(filter(None, notes)),
        topics.of_promise(promise.topic),
        met=total.population - total.broken if is_counted else None,
        missed=total.broken if is_counted else None,
        failed=tuple(case_name(apps.get_model(label), key) for label, key in total.rows),
        named=total.names,
        searched=tuple(row.searched),
        is_judged=promise.is_judged,
    )


def _of_promise(row: Shown) -> tuple[ControlState, datetime | None]:
    """The state, and the date of the evidence for it. Without a policy nothing is promised, whatever the rows say."""
    plain = {State.NOT_STATED: ControlState.NOT_STATED, State.NO_CASE: ControlState.NO_CASE}
    if row.state in plain:
        return plain[row.state], row.last
    if row.total.broken:
        return ControlState.MISSED, row.last
    if row.state == State.KEPT and row.found:
        return ControlState.MET, row.last
    if row.judged is not None:
        return _of_judged(row, row.judged)
    state = of_answers([seen for _question, seen in row.lacking], row.last)
    is_stale = state == ControlState.STALE and not row.why
    return (state, _oldest(row.lacking)) if is_stale else (ControlState.MISSING, None)


def _of_judged(row: Shown, judged: Attested) -> tuple[ControlState, datetime | None]:
    """As fresh as the attestation; missing where the questions beside it are not answered as promised."""
    at = commitment_checks.instant(judged.on)
    if not judged.is_kept:
        return ControlState.MISSED, at
    if not judged.counts:
        return ControlState.STALE, at
    return (ControlState.FRESH, at) if row.state == State.KEPT else (ControlState.MISSING, None)


def _where_found(total: Found) -> list[str]:
    """The rows that break a promise, as lists of exactly those."""
    labels = dict.fromkeys(label for label, _key in total.rows)
    return [f"found {label} {','.join(key for each, key in total.rows if each == label)}" for label in labels]


def _where_searched(promise: Promise) -> list[str]:
    """The registers that the searches read."""
    searched = (SEARCHES[question.split()[0]] for question in promise.broken_by)
    return [search.where for search in searched if search.where]


def _oldest(wrong: Sequence[tuple[str, Seen]]) -> datetime | None:
    return min((seen.at for _words, seen in wrong if seen.at is not None), default=None)


def _missing(words: str) -> str:
    return _("Missing: %(what)s.") % {"what": words}


def _wanting(words: str, seen: Seen) -> str:
    return " ".join(filter(None, [_("Too old or in part: %(what)s.") % {"what": words}, seen.says]))


def of_answers(answers: Iterable[Seen], last: datetime | None) -> ControlState:
    """Missing where nothing was found; stale where what was found is too old; fresh where every answer is yes and dated."""
    wrong = [seen for seen in answers if not seen.is_so]
    if last is None or any(seen.at is None for seen in wrong):
        return ControlState.MISSING
    return ControlState.STALE if wrong else ControlState.FRESH


def of_measures(*, now: datetime, using: str = DEFAULT_DB_ALIAS) -> list[Control]:
    """A control for each security measure that holds. Its evidence and the day of it are what people entered."""
    topics = Catalogue(on=clock.day(now))
    rows = in_force(Measure.objects.using(using), at=now).order_by("control", "code")
    return [
        Control(
            row.code,
            row.said,
            _of_measure(row, now),
            commitment_checks.instant(row.evidence_on),
            now,
            (f"record {row._meta.label} {row.pk}",),
            row.evidence,
            topics.of_measure(row.control),
            derived_from=MEASURES,
        )
        for row in rows
    ]


def _of_measure(row: Measure, now: datetime) -> ControlState:
    if row.evidence_on is None:
        return ControlState.MISSING
    return ControlState.FRESH if register_tasks.evidence_until(row, now=now) >= clock.day(now) else ControlState.STALE


def is_known(code: str, *, now: datetime) -> bool:
    """Whether a promise or a security measure that holds has this code."""
    is_promise = code in {promise.key for promise in policy_commitments.promises()}
    return is_promise or in_force(Measure.objects.filter(code=code), at=now).exists()


def counted(controls: Sequence[Control]) -> dict[str, int]:
    """How many have which state, without the states that none has."""
    found = {str(state): sum(1 for control in controls if control.state == state) for state in ControlState}
    return {state: count for state, count in found.items() if count}


def as_plain(parts: Mapping[str, Sequence[Control]]) -> dict[str, Any]:
    """The list as plain values, for a pack: codes, words of our own, days, numbers of rows."""
    return {name: [_plain(control) for control in controls] for name, controls in parts.items()}


def _plain(control: Control) -> dict[str, Any]:
    counted_of = {"population": control.population, "met": control.met, "missed": control.missed}
    return {
        "code": control.code,
        "says": control.says,
        "state": str(control.state),
        "last_evidence": clock.stamp(control.last) if control.last is not None else None,
        "where": list(control.where),
        "owner": control.topic.owner if control.topic is not None else None,
        "frameworks": [asdict(reference) for reference in control.references],
        **(counted_of if control.population is not None else {}),
        **({"running": control.running} if control.running is not None else {}),
        "missed_rows": list(control.failed),
        "derived_from": control.derived_from or None,
    }
