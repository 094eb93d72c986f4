"""Which rule holds for a class, and what is held."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from portal.kernel.core import ports
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Binds
from portal.kernel.law.models import LegalRule, OrganisationProfile
from portal.kernel.law.selectors import NotInForce
from portal.kernel.retention.choices import ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, ErasureStep, KeptRecord, LegalClaim, RetentionRule
from portal.kernel.retention.rules import Claimed, Period, Why, kept_through

#: A provision that nobody has read yet.
UNKNOWN = frozenset({"not stated", "not known"})


def rule_for(retention_class: str, *, on: date) -> RetentionRule | None:
    """The rule in force for a class on that day. None: nothing of the class may be erased by itself."""
    rules = RetentionRule.objects.filter(retention_class=retention_class, effective_from__lte=on)
    return rules.order_by("-version").first()


def house_period(rule: RetentionRule, *, on: date) -> Period:
    """Our own period. Raises NotFound when the house rule is not loaded."""
    house = law.house_rule(rule.house_rule, on=on)
    return Period(int(house.amount or 0), house.unit)


def legal_periods(rule: RetentionRule, *, on: date) -> list[Period]:
    """The periods of the laws that keep a class."""
    return [Period(int(legal.amount or 0), legal.unit) for legal in binding_laws(rule, on=on)]


def binding_laws(rule: RetentionRule, *, on: date) -> list[LegalRule]:
    """The laws that ask for longer, in force on that day and not switched off by the profile.

    "Not decided" counts as yes: keeping is the side that can be mended.
    """
    return in_force(rule.legal_rules, on=on)


def open_questions(*, on: date) -> dict[str, list[str]]:
    """The questions of the profile that are not decided and on which a retention rule in force depends, each with the keys of
    the laws behind it. While there is one nobody can say whether what these keep is kept by a duty.
    """
    profile = law.profile(on=on)
    newest = RetentionRule.objects.filter(effective_from__lte=on).order_by("retention_class", "version")
    named = {key for keys in dict(newest.values_list("retention_class", "legal_rules")).values() for key in keys}
    found: dict[str, list[str]] = {}
    for key, legal in sorted(law.rules_in_force(named, on=on).items()):
        if legal.binds == Binds.US and not profile.is_decided(legal.switch):
            found.setdefault(legal.switch, []).append(key)
    return found


def open_questions_named(*, on: date) -> dict[str, str]:
    """The same questions with their words, in the order in which the profile asks them: what every page, task and letter about
    them is made of.
    """
    found = open_questions(on=on)
    names = {field.name: str(field.verbose_name) for field in OrganisationProfile._meta.concrete_fields}
    return {name: names[name] for name in OrganisationProfile.SWITCHES if name in found}


def in_force(keys: Iterable[str], *, on: date) -> list[LegalRule]:
    """Those of the laws that bind us on that day; "not decided" counts as yes. Raises NotFound for an unknown key."""
    profile = law.profile(on=on)
    found = []
    for key in keys:
        try:
            legal = law.legal_rule(str(key), on=on)
        except NotInForce:
            continue
        if legal.binds == Binds.US and profile.applies(legal.switch):
            found.append(legal)
    return found


def claims_of(subject_refs: Iterable[UUID], *, on: date) -> dict[UUID, list[Claimed]]:
    """The named legal claims that two people decided and whose last day has not passed, by the subject they name; in two
    statements for all of them.
    """
    rows = LegalClaim.decided().filter(subject_ref__among=frozenset(subject_refs), last_day__gte=on)
    claims = list(rows.order_by("pk"))
    found: dict[UUID, list[Claimed]] = {}
    laws = law.rules_in_force((row.rule_key for row in claims), on=on) if claims else {}
    for row in claims:
        legal = laws.get(row.rule_key)
        found.setdefault(row.subject_ref, []).append(
            Claimed(
                row.rule_key,
                citation(legal) if legal is not None else row.rule_key,
                row.last_day,
                legal is not None and legal.is_confirmed,
                frozenset(row.records),
                frozenset(row.retention_classes),
            )
        )
    return found


def is_any_record_claimed(*, on: date) -> bool:
    """Whether some named legal claim in force names single records, so that a plan has to look for them."""
    return LegalClaim.decided().filter(last_day__gte=on).exclude(records=[]).exists()


@dataclass(frozen=True)
class Keeper:
    """What keeps a class of data the longest: a period, and the law or the promise that gives it."""

    period: Period
    key: str
    #: "Companies Act, s.128(5)"; empty for a promise of our own.
    law: str
    is_confirmed: bool


def citation(legal: LegalRule) -> str:
    """Law and provision, as far as both are known."""
    return f"{legal.law}, {legal.provision}" if legal.provision not in UNKNOWN else str(legal.law)


def keeper_of(retention_class: str, *, on: date) -> Keeper | None:
    """The longest of our own period and of every law that binds us on that day; None for a class without a rule."""
    rule = rule_for(retention_class, on=on)
    return longest(rule, on=on) if rule is not None else None


def longest(rule: RetentionRule, *, on: date) -> Keeper:
    """As ``keeper_of``, by one version of a rule."""
    found = [Keeper(house_period(rule, on=on), rule.house_rule, "", is_confirmed=True)]
    found += [
        Keeper(Period(int(legal.amount or 0), legal.unit), legal.key, citation(legal), legal.is_confirmed)
        for legal in binding_laws(rule, on=on)
    ]
    return max(found, key=lambda one: (kept_through(on, one.period), bool(one.law)))


@dataclass(frozen=True)
class Notice:
    """That a person is told before the end, how long before, and whether a law asks for it or our own courtesy."""

    before: timedelta
    is_law: bool


def notice_of(rule: RetentionRule | None, *, on: date) -> Notice | None:
    """The notice that a class asks for on that day: the longest of its rules; a law's, where one of them binds us."""
    if rule is None or not rule.notice_rules:
        return None
    laws = in_force((key for key in rule.notice_rules if "." not in key), on=on)
    ours = law.promises((key for key in rule.notice_rules if "." in key), on=on)
    spans = [one.duration for one in (*laws, *ours)]
    return Notice(max(spans), is_law=bool(laws)) if spans else None


def erased_so_far(*, model: str) -> int:
    """Fills ``answers.erased_so_far``. Each item adds to it in the transaction that erases it, so that whoever asks before and
    after reading knows whether something ended between, whatever the clocks of two machines say.
    """
    own = [str(eraser.name) for eraser in ports.erasers if model in eraser.covers]
    ending = ErasureStep.objects.filter(Q(run__needs_approval=True) | Q(eraser__in=own))
    fields = ErasureItem.objects.filter(fields__isnull=False, state=ItemState.DONE).count()
    return int(ending.aggregate(erased=Sum("erased"))["erased"] or 0) + fields


def rooms_kept(because: str) -> frozenset[str]:
    """The rooms of which the runs of a case left something."""
    rows = KeptRecord.objects.filter(step__run__because=because)
    rows = rows.exclude(step__run__state__in=(RunState.PLANNED, RunState.REFUSED, RunState.STALE))
    return frozenset(rows.values_list("step__eraser", flat=True).distinct())


def rooms_left_aloud(because: str, *, on: date) -> frozenset[str]:
    """The rooms of which the runs of a case left something for a reason that the person read and that is over: a dispute, a
    question, the day of a law, something that broke or changed. What only a hold or an order kept was called erased in the
    answer; that it ended later is no news, because the news would tell of it.
    """
    ended = (RunState.PLANNED, RunState.REFUSED, RunState.STALE)
    rows = KeptRecord.objects.filter(step__run__because=because).exclude(step__run__state__in=ended)
    rows = rows.exclude(ground=Why.HOLD).filter(Q(last_day=None) | Q(last_day__lt=on))
    items = ErasureItem.objects.filter(step__run__because=because, count__gt=0).exclude(step__run__state__in=ended)
    items = items.exclude(state__in=(ItemState.DONE, ItemState.HELD))
    return frozenset(rows.values_list("step__eraser", flat=True)) | frozenset(
        items.values_list("step__eraser", flat=True)
    )


def settled_since(because: str, now: Mapping[str, set[str]], *, before: ErasureRun | None = None) -> frozenset[str]:
    """The rooms of which the last run of a case (or the last before one) left something until a question of the profile was
    decided, where it is decided and something still keeps a part (``now``: rooms and their rules that are open): the person
    has read nothing of that decision yet.
    """
    rows = KeptRecord.objects.filter(step__run__because=because).order_by("step_id")
    rows = rows.exclude(step__run__state__in=(RunState.PLANNED, RunState.REFUSED, RunState.STALE))
    if before is not None:
        rows = rows.filter(step__run_id__lt=before.pk)
    newest: dict[str, tuple[int, set[str]]] = {}
    for name, step, ground, key in rows.values_list("step__eraser", "step_id", "ground", "rule_key").distinct():
        if name not in newest or newest[name][0] < step:
            newest[name] = (step, set())
        if ground == Why.UNDECIDED:
            newest[name][1].add(key)
    return frozenset(name for name, keys in now.items() if newest.get(name, (0, set()))[1] - keys)


def ended_runs() -> QuerySet[ErasureRun]:
    """Runs that have come to their end, the newest first."""
    return ErasureRun.objects.filter(state__in=(RunState.DONE, RunState.FAILED))


def failed_runs() -> QuerySet[ErasureRun]:
    """Those in which something could not be erased, and that no later run of the same kind or case has followed."""
    like = {name: OuterRef(name) for name in ("cause", "because", "needs_approval")}
    return ended_runs().filter(~Exists(ended_runs().filter(pk__gt=OuterRef("pk"), **like)), state=RunState.FAILED)
