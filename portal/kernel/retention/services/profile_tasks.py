"""What two people have to decide before a reason to keep is right: open questions of the profile, changes that a release proposes."""

from collections.abc import Iterator
from datetime import date, datetime

from portal.kernel.core import clock
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.choices import Overdue
from portal.kernel.registers.entries.services.register_tasks import Duty
from portal.kernel.retention import retention_decisions, selectors
from portal.kernel.retention.models import RuleProposal
from portal.kernel.retention.permissions import Act
from portal.kernel.retention.services import rule_changes


def list_profile_tasks(*, now: datetime) -> Iterator[Duty]:
    """Registered in ``ports.duties``: a task for each open question on which keeping depends, due at once. Reads only.

    The row of a task is the place of its question in the profile, from 1.
    """
    today = clock.day(now)
    for question, words in selectors.open_questions_named(on=today).items():
        place = OrganisationProfile.SWITCHES.index(question) + 1
        yield profile_task(OrganisationProfile._meta.label_lower, place, words, due_on=today)


def list_rule_tasks(*, now: datetime) -> Iterator[Duty]:
    """Registered in ``ports.duties``: each rule for which this release proposes a change, until two people have approved or
    refused it. Reads only.
    """
    left = rule_changes.shipped_changes_left()
    refused = RuleProposal.objects.filter(
        answer=Answer.REFUSED, retention_class__in=[each.retention_class for each in left]
    )
    decided = set(refused.values_list("retention_class", flat=True))
    for rule in left:
        if rule.retention_class not in decided:
            book, what = rule._meta.label_lower, str(Overdue.RULE_CHANGE)
            yield Duty(book, rule.pk, what, rule.retention_class, clock.day(now), owner=None, act=str(Act.RULE_CHANGE))


def profile_task(book: str, entry: int, code: str, *, due_on: date) -> Duty:
    """The task of everyone who may propose or approve the profile, for the row that waits for it."""
    return Duty(book, entry, str(Overdue.PROFILE), code, due_on, owner=None, act=retention_decisions.PROFILE_ACT)
