"""Which rule, promise, profile and purpose hold on a day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from portal.kernel.core.clock import day
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.calendars import SATURDAY
from portal.kernel.law.choices import Binds, ClockState, Confidence, Ended, Regime
from portal.kernel.law.models import Clock, HouseRule, LegalRule, OrganisationProfile, Purpose
from portal.kernel.law.request_cache import once
from portal.kernel.law.rules import LAST_SECOND_LASTS, latest_missed

NATIONAL_HOLIDAYS = "IN-NATIONAL-HOLIDAYS"
RuleT = TypeVar("RuleT", LegalRule, HouseRule)


class NotInForce(Refused):
    """The rule exists, and was or will be in force on other days only."""

    code = "NOT_IN_FORCE"

    def __init__(self, message: object, *, starts: date | None = None, ended: date | None = None) -> None:
        super().__init__(message)
        self.starts = starts
        self.ended = ended


def _one(rows: QuerySet[RuleT], key: str, on: date) -> RuleT:
    dated = rows.filter(
        Q(effective_from=None) | Q(effective_from__lte=on), Q(effective_to=None) | Q(effective_to__gte=on), key=key
    )
    found = dated.order_by("-version").first()
    if found is not None:
        return found
    last = rows.filter(key=key).order_by("-version").first()
    if last is None:
        raise NotFound(
            _("There is no rule with the key %(key)s. Run sync_rules, or look it up in the admin.") % {"key": key}
        )
    if last.effective_from is not None and on < last.effective_from:
        said = _("%(key)s is not in force on that day; it starts on %(date)s.")
        raise NotInForce(said % {"key": key, "date": last.effective_from}, starts=last.effective_from)
    said = _("%(key)s is no longer in force; it ended on %(date)s.")
    raise NotInForce(said % {"key": key, "date": last.effective_to}, ended=last.effective_to)


def legal_rule(key: str, *, on: date) -> LegalRule:
    """The version of a rule in force on that day (a rule without a date is, shown as unconfirmed).

    Raises NotFound for an unknown key and NotInForce, with its start or end, for another day.
    """
    return once("law", key, on, lambda: _one(LegalRule.objects.all(), key, on))


def rules_in_force(keys: Iterable[str], *, on: date) -> dict[str, LegalRule]:
    """Those of ``keys`` that are in force on that day, by their keys: one statement for all of them."""
    named = sorted(set(keys))

    def look_up() -> dict[str, LegalRule]:
        return {rule.key: rule for rule in LegalRule.objects.in_force(on).filter(key__in=named)}

    return once("laws", " ".join(named), on, look_up)


def house_rule(key: str, *, on: date) -> HouseRule:
    """The promise in force on that day: a later version replaces an earlier one from its own start on.

    Raises NotFound for an unknown key, NotInForce before the first version's start.
    """
    return once("house", key, on, lambda: _one(HouseRule.objects.all(), key, on))


def opening_life(*, at: datetime) -> timedelta:
    """Answer of the hook ``opening_life``: how long a purpose once given opens the same record. Raises NotFound before
    the rules are loaded.
    """
    return house_rule("admin.opening_life", on=day(at)).duration


def is_day_off(on: date) -> bool:
    """Whether few people work on that day in India: a weekend day or a national holiday. For staffing; no clock asks it."""
    return on.weekday() >= SATURDAY or f"{on:%m-%d}" in legal_rule(NATIONAL_HOLIDAYS, on=on).values


def rules_for_us(
    keys: Iterable[str],
    *,
    on: date,
    regimes: Iterable[str],
    profile: OrganisationProfile,
    unread: bool = False,
) -> list[LegalRule]:
    """The rules among ``keys`` that start a clock of ours on that day for a person under ``regimes``.

    A rule for others, one whose switch says no, and one of another regime does not; nobody's regime known means India. With
    ``unread``, one whose text nobody has read and that has no other version in force does on every day: a date from the same
    unread source hides nothing.
    """
    wanted = {str(regime) for regime in regimes} or {str(Regime.IN)}
    named = sorted(keys)

    def look_up() -> list[LegalRule]:
        ours = Q(key__in=named, binds=Binds.US, jurisdiction__in=wanted)
        rules = list(LegalRule.objects.in_force(on).filter(ours))
        if unread:
            missing = set(named) - {rule.key for rule in rules}
            rules += LegalRule.objects.newest().filter(ours, key__in=missing).exclude(confidence=Confidence.READ)
        return rules

    found = once("law for us", " ".join([*named, *sorted(wanted), *(["unread"] if unread else [])]), on, look_up)
    return [rule for rule in found if profile.applies(rule.switch)]


def promises(keys: Iterable[str], *, on: date) -> list[HouseRule]:
    """The promises among ``keys`` that are in force on that day."""
    wanted = sorted(keys)
    return once("promises", " ".join(wanted), on, lambda: list(HouseRule.objects.in_force(on).filter(key__in=wanted)))


def running_clocks(owner: Any) -> QuerySet[Clock]:
    """The clocks that run for an owner, what is due first in front. ``owner`` is its label, or an expression that gives it."""
    return Clock.objects.filter(owner=owner, state=ClockState.RUNNING).order_by("due_at", "pk")


def missed(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    """Of ``clocks``, those that ended after their date. A clock that began at a wrong moment misses nothing."""
    late = F("due_at") + LAST_SECOND_LASTS
    return clocks.filter(state=ClockState.STOPPED, stopped_at__gte=late).exclude(ended=Ended.CORRECTED)


def passed(clocks: QuerySet[Clock], *, now: datetime) -> QuerySet[Clock]:
    """Of ``clocks``, those whose date is over and whose work is not done yet: missed as well, whenever it will be done."""
    runs = Q(state=ClockState.RUNNING, due_at__lte=latest_missed(now))
    stands_still = Q(state=ClockState.PAUSED, paused_at__gte=F("due_at") + LAST_SECOND_LASTS)
    return clocks.filter(runs | stands_still)


def overdue(clocks: QuerySet[Clock], *, at: datetime) -> QuerySet[Clock]:
    """Of ``clocks``, those whose date was over at a moment that may lie back, and whose work was not done then."""
    was_open = Q(stopped_at=None) | Q(stopped_at__gte=at)
    stands_still = Q(state=ClockState.PAUSED, paused_at__lt=F("due_at") + LAST_SECOND_LASTS)
    found = clocks.filter(was_open, started_at__lt=at, due_at__lte=latest_missed(at))
    return found.exclude(stands_still).exclude(ended=Ended.CORRECTED)


def kept(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    """Of ``clocks``, those whose work was done in time."""
    in_time = Q(stopped_at__lt=F("due_at") + LAST_SECOND_LASTS)
    return clocks.filter(in_time, state=ClockState.STOPPED).exclude(ended__in=(Ended.CORRECTED, Ended.WITHDRAWN))


def due_at(label: str, reference: str = "reference", *, number: str = "") -> Subquery:
    """A column for rows that own clocks: when the first of those that run is due. ``label`` is what the owner begins with;
    ``number`` the column of the rows' number, where several of one reference own clocks.
    """
    owner = Concat(Value(label), OuterRef(reference))
    if number:
        owner = Concat(owner, Value("/"), Cast(OuterRef(number), CharField()))
    return Subquery(running_clocks(owner).values("due_at")[:1])


def was_due_at(label: str, reference: str = "reference") -> Subquery:
    """The same of the clocks that were stopped because the work was done: when the first of them was due."""
    owner = Concat(Value(label), OuterRef(reference))
    stopped = Clock.objects.filter(owner=owner, state=ClockState.STOPPED).exclude(ended=Ended.CORRECTED)
    return Subquery(stopped.order_by("due_at", "pk").values("due_at")[:1])


def profile(*, on: date) -> OrganisationProfile:
    """The profile in force. Before any was adopted: one, unsaved, in which nothing is decided."""
    rows = OrganisationProfile.objects.filter(effective_from__lte=on).order_by("-effective_from", "-pk")
    return once("profile", "", on, rows.first) or OrganisationProfile(effective_from=on)


def every_purpose() -> list[Purpose]:
    """Each version of each purpose, by code, the newest last; asked once in a piece of work: there are some twenty."""
    return once("purposes", "", date.min, lambda: list(Purpose.objects.order_by("code", "version")))


def purpose(code: str, *, on: date) -> Purpose:
    """The purpose as it means on that day. Raises NotFound for a code that has no version in force."""
    found = _in_force(on).get(code)
    if found is None:
        raise NotFound(
            _("There is no purpose %(code)s in force. Known codes are listed in the admin.") % {"code": code}
        )
    return found


def purposes_in_force(*, on: date, codes: Iterable[str] | None = None) -> list[Purpose]:
    """Each purpose once, in its version of that day, by code."""
    wanted = None if codes is None else set(codes)
    return [row for code, row in _in_force(on).items() if wanted is None or code in wanted]


def purpose_codes() -> set[str]:
    """The codes of every purpose there was, is or will be. One query."""
    return set(Purpose.objects.values_list("code", flat=True).distinct())


def _in_force(on: date) -> dict[str, Purpose]:
    """All of them by code, each in its newest version of that day."""
    return {
        row.code: row
        for row in every_purpose()
        if row.effective_from <= on and (row.effective_to is None or row.effective_to >= on)
    }
