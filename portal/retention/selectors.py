"""Which rule holds for a class, and what is held."""

from datetime import date
from uuid import UUID

from django.db.models import Q

from portal.law import selectors as law
from portal.law.selectors import NotInForce
from portal.law.states import Binds
from portal.people.selectors import refs_of
from portal.retention.models import Hold, RetentionRule
from portal.retention.rules import Period


def rule_for(retention_class: str, *, on: date) -> RetentionRule | None:
    """The rule in force for a class on that day. None: nothing of the class may be erased by itself."""
    rules = RetentionRule.objects.filter(retention_class=retention_class, effective_from__lte=on)
    return rules.order_by("-version").first()


def house_period(rule: RetentionRule, *, on: date) -> Period:
    """Our own period. Raises NotFound when the house rule is not loaded."""
    house = law.house_rule(rule.house_rule, on=on)
    return Period(int(house.amount or 0), house.unit)


def legal_periods(rule: RetentionRule, *, on: date) -> list[Period]:
    """The periods of the laws that ask for longer, in force on that day and not switched off by the profile.

    "Not decided" counts as yes: keeping is the side that can be mended.
    """
    profile = law.profile(on=on)
    found = []
    for key in rule.legal_rules:
        try:
            legal = law.legal_rule(str(key), on=on)
        except NotInForce:
            continue
        if legal.binds == Binds.US and profile.applies(legal.switch):
            found.append(Period(int(legal.amount or 0), legal.unit))
    return found


def is_held(subject_ref: UUID, retention_class: str) -> bool:
    """Whether a hold that nobody has released covers this class of the subject, under any of its references."""
    covered = Q(retention_class="") | Q(retention_class=retention_class)
    return Hold.objects.filter(covered, subject_ref__in=refs_of(subject_ref), released_at=None).exists()
