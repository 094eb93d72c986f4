"""What beat does for texts: rounds that are not through go on, and reminders begin before the law's interval is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from consent.base.choices import AnnouncementKind, NoticeKind, VersionState, Weight
from consent.base.models.notices import NoticeVersion
from consent.base.selectors.notices import in_force
from consent.notices.models.policy_notifications import Announcement
from consent.notices.services import policy_notifications
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotFound, PortalError
from portal.kernel.law import selectors as law
from portal.kernel.law.models import LegalRule
from portal.kernel.law.services import due_dates

#: Users are reminded of rules and policy at least this often; an intermediary's duty.
REMINDER_RULES = ("IN-IT-3M", "IN-IT-3M-OLD")
LEAD = "notices.reminder_lead"
SWEEPER = actor.system("consent.tasks.announce_what_is_due")


@dataclass(frozen=True)
class Swept:
    """How many jobs went on, and how many reminders began."""

    gone_on: int = 0
    begun: int = 0


def sweep(*, now: datetime) -> Swept:
    """Go on with each change that does not apply yet, and with a reminder that died; begin a reminder that is due.

    Opens its own transactions; safe to repeat, and two at once do it once.
    """
    today = clock.day(now)
    coming = Announcement.objects.filter(kind=AnnouncementKind.CHANGE, version__effective_on__gt=today)
    unfinished = Announcement.objects.filter(finished_at=None)
    gone_on = sum(
        policy_notifications.go_on(announcement, actor=SWEEPER)
        for announcement in (coming | unfinished).select_related("version__notice", "job").order_by("pk")
    )
    begun = sum(_remind(code, now=now) for code in _policies())
    return Swept(gone_on, begun)


def _policies() -> list[str]:
    published = NoticeVersion.objects.filter(notice__kind=NoticeKind.PRIVACY_POLICY, state=VersionState.PUBLISHED)
    return sorted(set(published.values_list("notice__code", flat=True)))


def _remind(code: str, *, now: datetime) -> bool:
    """Begin a reminder of the policy in force, if it is due. Whether one began."""
    today = clock.day(now)
    try:
        version = in_force(code, on=today)
    except NotFound:
        return False
    due = reminder_due(version, now=now)
    if due is None or now < due:
        return False
    with transaction.atomic():
        rounds = Announcement.objects.filter(version=version, kind=AnnouncementKind.REMINDER)
        last = rounds.aggregate(last=Max("round"))["last"] or 0
        policy_notifications.begin(
            version=version, kind=AnnouncementKind.REMINDER, round_=last + 1, actor=SWEEPER, at=now
        )
    return True


def reminder_due(version: NoticeVersion, *, now: datetime) -> datetime | None:
    """When the next reminder of a policy begins: our lead before the interval of the law is over, counted from the last
    time that everybody was told of the policy. None where no rule asks for one.
    """
    today = clock.day(now)
    rule = reminder_rule(now=now)
    if rule is None:
        return None
    told = Announcement.objects.filter(version__notice=version.notice, begun_at__lte=now)
    rounds = told.exclude(kind=AnnouncementKind.CHANGE, version__weight=Weight.EDITORIAL)
    start = rounds.aggregate(last=Max("begun_at"))["last"] or version.published_at or now
    lead: timedelta = law.house_rule(LEAD, on=today).duration
    return due_dates.dates_of(rule, start, str(clock.IST)).target - lead


def reminder_rule(*, now: datetime) -> LegalRule | None:
    """The rule in force that asks for reminders, where we are or may be an intermediary."""
    today = clock.day(now)
    profile = law.profile(on=today)
    for key in REMINDER_RULES:
        try:
            rule = law.legal_rule(key, on=today)
        except PortalError:
            continue
        if profile.applies(rule.switch):
            return rule
    return None
