"""The list of controls: promises of the policy, security measures and duties of law, each with its evidence, its age and its
state. Nothing is marked by hand: the rows are asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.core import clock
from portal.evidence import promises, questions
from portal.evidence.promises import Seen, Shown, State
from portal.law import selectors as law
from portal.law.counting import add_months
from portal.law.models import Clock, LegalRule
from portal.law.states import Binds, ClockState
from portal.law.terms import Unit
from portal.law.words import rule_in_words
from portal.people.promises import number
from portal.registers.models import Measure
from portal.registers.selectors.senders import in_force
from portal.registers.services import duties


class Fresh(StrEnum):
    """How the evidence of a control stands."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    NOT_STATED = "not_stated"


WORDS: Mapping[str, Any] = {
    Fresh.FRESH: gettext_lazy("Fresh"),
    Fresh.STALE: gettext_lazy("Stale"),
    Fresh.MISSING: gettext_lazy("Missing"),
    Fresh.NOT_STATED: gettext_lazy("Not stated"),
}


@dataclass(frozen=True)
class Control:
    """One control. ``where`` names what shows it: a question of the policy map, or ``MODEL number``; ``note`` says more."""

    code: str
    says: str
    state: Fresh
    last: datetime | None
    asked_at: datetime
    where: tuple[str, ...] = ()
    note: str = ""

    @property
    def age(self) -> int | None:
        """Days since the last evidence; None where there is none."""
        return None if self.last is None else max(0, (clock.day(self.asked_at) - clock.day(self.last)).days)

    @property
    def word(self) -> str:
        return str(WORDS[self.state])


def of_policy(*, now: datetime) -> list[Control]:
    """A control for each promise of the published policy."""
    return of_map(promises.policy_map(now=now), now=now)


def of_map(found: promises.Map, *, now: datetime) -> list[Control]:
    """The same of a policy map that was asked already."""
    return [_promised(row, now) for row in found.rows]


def _promised(row: Shown, now: datetime) -> Control:
    """As the policy map has it: fresh is what it calls kept. Its evidence is as old as that of the answer which is wanting."""
    state, last, notes = of_answers([seen for _question, seen in row.seen], row.last), row.last, [row.why]
    if row.state == State.NOT_STATED:
        state = Fresh.NOT_STATED
    elif row.state == State.RED:
        wrong = [(words, seen) for words, seen in row.told if not seen.is_so]
        # Without a policy nothing is promised, whatever the rows say.
        state, last = (Fresh.MISSING, None) if state != Fresh.STALE or row.why else (state, _oldest(wrong))
        notes += [_missing(words) if seen.at is None else _wanting(words, seen) for words, seen in wrong]
    note = " ".join(filter(None, notes))
    return Control(row.promise.key, row.promise.says, state, last, now, row.promise.asks, note)


def _oldest(wrong: Sequence[tuple[str, Seen]]) -> datetime | None:
    return min((seen.at for _words, seen in wrong if seen.at is not None), default=None)


def _missing(words: str) -> str:
    return _("Missing: %(what)s.") % {"what": words}


def _wanting(words: str, seen: Seen) -> str:
    return " ".join(filter(None, [_("Too old or in part: %(what)s.") % {"what": words}, seen.says]))


def of_answers(answers: Iterable[Seen], last: datetime | None) -> Fresh:
    """Missing where nothing was found; stale where what was found is too old; fresh where every answer is yes and dated."""
    wrong = [seen for seen in answers if not seen.is_so]
    if last is None or any(seen.at is None for seen in wrong):
        return Fresh.MISSING
    return Fresh.STALE if wrong else Fresh.FRESH


def of_measures(*, now: datetime) -> list[Control]:
    """A control for each security measure that holds."""
    rows = in_force(Measure.objects.all(), at=now).order_by("control", "code")
    return [
        Control(
            row.code,
            row.said,
            _of_measure(row, now),
            questions.instant(row.evidence_on),
            now,
            _where(row),
            row.evidence,
        )
        for row in rows
    ]


def _of_measure(row: Measure, now: datetime) -> Fresh:
    if row.evidence_on is None:
        return Fresh.MISSING
    return Fresh.FRESH if duties.evidence_until(row, now=now) >= clock.day(now) else Fresh.STALE


def _where(row: Measure) -> tuple[str, ...]:
    return (f"record {row._meta.label} {row.pk}",)


def of_law(clocks: QuerySet[Clock], *, now: datetime) -> list[Control]:
    """A control for each duty of law that counts time for us: its clocks among ``clocks`` show how it was kept.

    Rules that are switched off by the organisation profile, bind others or count nothing are left out.
    """
    on = clock.day(now)
    profile = law.profile(on=on)
    rules = _duties(on)
    asked = clocks.filter(started_at__lte=now)
    # What ended later runs still, as far as that day knows.
    over = asked.filter(state=ClockState.STOPPED, stopped_at__lte=now)
    ended = _by_rule(over)
    counts = {
        "kept": _by_rule(law.kept(over)),
        "late": _by_rule(law.missed(over)),
        "overdue": _by_rule(asked.filter(Q(stopped_at=None) | Q(stopped_at__gt=now), due_at__lt=now)),
    }
    months = number(duties.EVIDENCE, now=now, otherwise=12)
    found = []
    for rule in rules:
        if not profile.applies(rule.switch):
            continue
        last = ended[rule.key]["last"] if rule.key in ended else None
        told = {name: rows[rule.key]["count"] if rule.key in rows else 0 for name, rows in counts.items()}
        note = _("%(kept)s in time, %(late)s late, %(overdue)s overdue.") % told
        where = (f"list law.Clock rule_key={rule.key}", f"record law.LegalRule {rule.pk}")
        found.append(
            Control(rule.key, rule_in_words(rule), _of_clocks(last, months, told, now), last, now, where, note)
        )
    return found


def _by_rule(clocks: QuerySet[Clock]) -> dict[str, dict[str, Any]]:
    rows = clocks.order_by().values("rule_key").annotate(count=Count("pk"), last=Max("stopped_at"))
    return {row["rule_key"]: dict(row) for row in rows}


def _of_clocks(last: datetime | None, months: int, told: Mapping[str, int], now: datetime) -> Fresh:
    """Work that is overdue has no evidence; work that nobody has done for longer than evidence lasts is stale."""
    if last is None or told["overdue"]:
        return Fresh.MISSING
    return Fresh.FRESH if add_months(clock.day(last), months) >= clock.day(now) else Fresh.STALE


def is_known(code: str, *, now: datetime) -> bool:
    """Whether a control has this code: a promise, a security measure that holds, or a rule of law that counts time for us."""
    return (
        code in {promise.key for promise in promises.promises()}
        or in_force(Measure.objects.filter(code=code), at=now).exists()
        or _duties(clock.day(now)).filter(key=code).exists()
    )


def _duties(on: date) -> QuerySet[LegalRule]:
    return LegalRule.objects.in_force(on).filter(binds=Binds.US).exclude(unit=Unit.NONE).order_by("key")


def counted(controls: Sequence[Control]) -> dict[str, int]:
    """How many stand how."""
    return {str(state): sum(1 for control in controls if control.state == state) for state in Fresh}


def as_plain(parts: Mapping[str, Sequence[Control]]) -> dict[str, Any]:
    """The list as plain values, for a pack: codes, words of our own, days."""
    return {
        name: [
            {
                "code": control.code,
                "says": control.says,
                "state": str(control.state),
                "last_evidence": clock.stamp(control.last) if control.last is not None else None,
                "where": list(control.where),
            }
            for control in controls
        ]
        for name, controls in parts.items()
    }
