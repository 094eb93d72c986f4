"""Which rule, promise, profile and purpose hold on a day."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.core.errors import NotFound, Refused
from portal.law.models import HouseRule, LegalRule, OrganisationProfile, Purpose
from portal.law.states import Switch

RuleT = TypeVar("RuleT", LegalRule, HouseRule)


class NotInForce(Refused):
    """The rule exists, and was or will be in force on other days only."""

    code = "NOT_IN_FORCE"

    def __init__(self, message: object, *, starts: date | None = None, ended: date | None = None) -> None:
        super().__init__(message)
        self.starts = starts
        self.ended = ended


def _newest(rows: QuerySet[RuleT], key: str) -> RuleT:
    found = rows.filter(key=key).order_by("-version").first()
    if found is None:
        raise NotFound(
            _("There is no rule with the key %(key)s. Run sync_rules, or look it up in the admin.") % {"key": key}
        )
    return found


def _in_force(rule: RuleT, on: date) -> RuleT:
    if rule.effective_from is not None and on < rule.effective_from:
        said = _("%(key)s is not in force yet; it starts on %(date)s.")
        raise NotInForce(said % {"key": rule.key, "date": rule.effective_from}, starts=rule.effective_from)
    if rule.effective_to is not None and on > rule.effective_to:
        said = _("%(key)s is no longer in force; it ended on %(date)s.")
        raise NotInForce(said % {"key": rule.key, "date": rule.effective_to}, ended=rule.effective_to)
    return rule


def legal_rule(key: str, *, on: date) -> LegalRule:
    """The newest version of a rule, if it is in force on that day (without a date it is, shown as unconfirmed).

    Raises NotFound for an unknown key and NotInForce, with its start or end, for another day.
    """
    return _in_force(_newest(LegalRule.objects.all(), key), on)


def house_rule(key: str, *, on: date) -> HouseRule:
    """The promise in force on that day: a later version replaces an earlier one from its own start on.

    Raises NotFound for an unknown key, NotInForce before the first version's start.
    """
    dated = HouseRule.objects.filter(Q(effective_from=None) | Q(effective_from__lte=on))
    found = dated.filter(key=key).order_by("-version").first()
    return found if found is not None else _in_force(_newest(HouseRule.objects.all(), key), on)


def profile(*, on: date) -> OrganisationProfile:
    """The profile in force. Before any was adopted: one, unsaved, in which nothing is decided."""
    found = OrganisationProfile.objects.filter(effective_from__lte=on).order_by("-effective_from", "-pk").first()
    return found or OrganisationProfile(effective_from=on)


def switch_allows(value: str) -> bool:
    """Whether a rule behind a switch applies: "not decided" applies the stricter rule."""
    return value != Switch.NO


def _purposes(on: date) -> QuerySet[Purpose]:
    return Purpose.objects.filter(effective_from__lte=on).filter(Q(effective_to=None) | Q(effective_to__gte=on))


def purpose(code: str, *, on: date) -> Purpose:
    """The purpose as it means on that day. Raises NotFound for a code that has no version in force."""
    found = _purposes(on).filter(code=code).order_by("-version").first()
    if found is None:
        raise NotFound(
            _("There is no purpose %(code)s in force. Known codes are listed in the admin.") % {"code": code}
        )
    return found


def purposes_in_force(*, on: date, codes: Iterable[str] | None = None) -> list[Purpose]:
    """Each purpose once, in its version of that day, by code."""
    rows = _purposes(on).order_by("code", "-version")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    newest: dict[str, Purpose] = {}
    for row in rows:
        newest.setdefault(row.code, row)
    return list(newest.values())
