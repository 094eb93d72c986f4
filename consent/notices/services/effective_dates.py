"""From which day a text may hold: never from one before it is published, and never between an announced change and its start."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from consent.base.choices import NoticeKind, Weight
from consent.base.models.notices import Notice, NoticeVersion
from consent.base.selectors.notices import later, published
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law

#: The promise of time to read a changed policy before it applies.
ANNOUNCED_BEFORE = "notices.announced_before"
CHOOSE_LATER = _(
    "This text cannot be in force from %(day)s: that day has passed, and another text was in force. Choose today "
    "or a later day."
)
PASSED = _(
    "The day from which this text should be in force, %(day)s, has passed. Reject the proposal if there is one, "
    "choose today or a later day for the draft and propose it anew."
)


def earliest_day(*, at: datetime) -> date:
    """The first day on which a changed policy may take effect, if it is published at ``at``."""
    today = clock.day(at)
    return today + law.house_rule(ANNOUNCED_BEFORE, on=today).duration


def refuse_past(notice: Notice, day: date, *, at: datetime) -> None:
    """Raises Refused (DAY_PASSED) for a day before ``at``: what was in force on past days is not written anew.

    A notice of which nothing is published here yet may have been in force elsewhere: its first version names the day
    since when (portal/docs/decisions/notice-versions.md).
    """
    if day < clock.day(at) and published(notice).exists():
        raise _passed(CHOOSE_LATER, day)


def _passed(message: Any, day: date) -> Refused:
    return Refused(message % {"day": day.isoformat()}, code="DAY_PASSED")


def refuse_unfit(version: NoticeVersion, *, weight: str, proposed_at: datetime, at: datetime) -> None:
    """Raises Refused when a draft may not be published at ``at``, as a change of this weight, for its day.

    DAY_PASSED as ``refuse_past``, and for a first version whose day passed while its proposal waited: nobody said that it
    was in force elsewhere; NEVER_HOLDS where a version with a higher number is published for the same day;
    CHANGE_ANNOUNCED for an editorial version that would hold before an announced change does; TOO_SOON for a material
    change of a policy that leaves people no time to read it.
    """
    day = version.effective_on
    if day < clock.day(at) and (weight != Weight.FIRST or day >= clock.day(proposed_at)):
        raise _passed(PASSED, day)
    next_one = later(version).first()
    if next_one is not None and next_one.effective_on == day:
        message = _(
            "Version %(number)s is published for %(day)s already, and it would be in force instead. Choose another day."
        )
        raise Refused(message % {"number": next_one.number, "day": day.isoformat()}, code="NEVER_HOLDS")
    announced = later(version).exclude(weight=Weight.EDITORIAL).first()
    if weight == Weight.EDITORIAL and announced is not None:
        message = _(
            "Version %(number)s is announced for %(day)s. Until it is in force nothing is published as editorial: "
            "give the draft that day or a later one, or propose it as material."
        )
        said = message % {"number": announced.number, "day": announced.effective_on.isoformat()}
        raise Refused(said, code="CHANGE_ANNOUNCED")
    if weight == Weight.MATERIAL and version.notice.kind == NoticeKind.PRIVACY_POLICY:
        earliest = earliest_day(at=at)
        if day < earliest:
            raise Refused(
                _("People are informed before a changed policy applies: it may take effect on %(day)s at the earliest.")
                % {"day": earliest.isoformat()},
                code="TOO_SOON",
            )
