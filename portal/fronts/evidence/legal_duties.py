"""The controls of law: each rule that counts time for us, with its cases in a period."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.fronts.evidence.catalogue import Catalogue
from portal.fronts.evidence.control_choices import ControlState
from portal.fronts.evidence.controls import Control
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.registers import case_name
from portal.kernel.law import selectors as law
from portal.kernel.law.cases import MET, MISSED, RUNNING, CasesAsked, cases_of
from portal.kernel.law.choices import Binds, Role
from portal.kernel.law.labels import KINDS, rule_in_words
from portal.kernel.law.labels import amount as amount_in_words
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.law.services.deadlines import extensions, plans
from portal.kernel.law.terms import RuleKind, Unit

#: Where the numbers come from, for whoever derives them again from a pack.
CLOCKS, RULES = "registers/clocks", "registers/legal_rules"
#: The kinds of rules that set a date.
DATES = frozenset({RuleKind.DEADLINE, RuleKind.REVIEW_INTERVAL})


def of_law(clocks: QuerySet[Clock], period: Period) -> list[Control]:
    """A control for each duty of law that counts time for us in the period: its clocks among ``clocks`` are its cases.

    Rules that are switched off by the organisation profile, bind others or count nothing are left out.
    """
    found = cases_of(clocks.filter(legal_rule__isnull=False), start=period.start, end=period.end)
    counts = {kind: _counts(getattr(found, kind)) for kind in (MET, MISSED, RUNNING)}
    missed_rows = _numbers(found.missed)
    last = _last(found.met, found.missed)
    profile, topics = law.profile(on=period.last_day), Catalogue(on=period.last_day)
    had_cases = {key for kind in counts.values() for key in kind}
    rows = []
    for rule in _rules(period, had_cases):
        if rule.key in had_cases or profile.applies(rule.switch):
            told = {kind: counts[kind][rule.key] for kind in counts}
            row = replace(
                _control(rule, told, period),
                last=last.get(rule.key),
                topic=topics.of_rule(rule.key),
                failed=tuple(missed_rows.get(rule.key, ())),
            )
            rows.append(row)
    return rows


def _control(rule: LegalRule, told: Mapping[str, int], period: Period) -> Control:
    state = _state(rule, told)
    is_case = state in {ControlState.MET, ControlState.MISSED, ControlState.NO_CASE}
    asked = {kind: CasesAsked(kind, rule.key, period.first_day, period.last_day) for kind in told}
    listed = [f"cases {kind} {count} {asked[kind].value}" for kind, count in told.items() if count]
    return Control(
        rule.key,
        rule_in_words(rule),
        state,
        None,
        period.end,
        (*listed, f"record law.LegalRule {rule.pk}"),
        _note(rule, state, told),
        met=told[MET] if is_case else None,
        missed=told[MISSED] if is_case else None,
        running=told[RUNNING] if is_case else None,
        derived_from=CLOCKS if is_case else RULES if state == ControlState.NOT_A_DEADLINE else "",
        is_confirmed=rule.is_confirmed,
    )


def _state(rule: LegalRule, told: Mapping[str, int]) -> ControlState:
    if told[MISSED]:
        return ControlState.MISSED
    if told[MET]:
        return ControlState.MET
    if told[RUNNING] or rule.key in clocked():
        return ControlState.NO_CASE
    return ControlState.NOT_MEASURED if rule.kind in DATES else ControlState.NOT_A_DEADLINE


def _note(rule: LegalRule, state: ControlState, told: Mapping[str, int]) -> str:
    if state == ControlState.NOT_A_DEADLINE:
        period = amount_in_words(rule)
        return f"{KINDS[rule.kind]}: {period}." if period else f"{KINDS[rule.kind]}."
    if state == ControlState.NOT_MEASURED:
        return _("The portal starts no clock for it: its rows do not say whether there was a case.")
    if told[RUNNING]:
        said = ngettext(
            "%(count)d more is running and not due yet.", "%(count)d more are running and not due yet.", told[RUNNING]
        )
        return said % {"count": told[RUNNING]}
    return ""


@cache
def clocked() -> frozenset[str]:
    """The keys of the rules for which the portal starts a clock, or extends one."""
    begun = {key for role in Role.values for plan in plans(role).values() for key in plan["rules"]}
    return frozenset(begun | set(extensions().values()))


def _rules(period: Period, had_cases: set[str]) -> list[LegalRule]:
    """Each duty in its version of the last day on which it was in force, and whatever had a case."""
    found = {rule.key: rule for rule in LegalRule.objects.newest().filter(key__in=had_cases)}
    for day in (period.first_day, period.last_day):
        found |= {rule.key: rule for rule in duties_on(day)}
    return [found[key] for key in sorted(found)]


def duties_on(on: date) -> QuerySet[LegalRule]:
    """The rules in force on a day that bind us and count something."""
    return LegalRule.objects.in_force(on).filter(binds=Binds.US).exclude(unit=Unit.NONE).order_by("key")


def _counts(clocks: QuerySet[Clock]) -> Counter[str]:
    """How many count under each rule: one that was extended counts under both."""
    found: Counter[str] = Counter()
    for name in ("rule_key", "extended_by__key"):
        rows = clocks.exclude(**{name: None}).order_by().values_list(name).annotate(Count("pk"))
        found.update(dict(rows))
    return found


def _numbers(clocks: QuerySet[Clock]) -> dict[str, list[str]]:
    """By rule each case as the register and the number of its row."""
    found: dict[str, list[str]] = {}
    for number, *keys in clocks.order_by("pk").values_list("pk", "rule_key", "extended_by__key"):
        for key in filter(None, keys):
            found.setdefault(key, []).append(case_name(Clock, number))
    return found


def _last(*kinds: QuerySet[Clock]) -> dict[str, datetime]:
    """When the last case of each rule was done, in time or late."""
    found: dict[str, datetime] = {}
    for clocks in kinds:
        for name in ("rule_key", "extended_by__key"):
            rows = clocks.exclude(**{name: None}).order_by().values_list(name).annotate(Max("stopped_at"))
            for key, at in rows:
                if at is not None:
                    found[key] = max(at, found.get(key, at))
    return found


def is_known(code: str, *, on: date) -> bool:
    """Whether a rule of law that counts time for us has this code."""
    return duties_on(on).filter(key=code).exists()
