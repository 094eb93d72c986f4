"""Signs of life, and one message each time a check turns bad or well again."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.fronts.workplace.health import BROKEN, Finding, Health, findings
from portal.fronts.workplace.models import HealthState, Pulse
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import clock, date_format
from portal.kernel.outbox.services import post_webhook, write_to_staff

#: Nobody's: alerts to another system are sealed under a key of their own, and name no person.
ALERTS = UUID("0e0c5a6e-5a52-5c0e-9a44-7f6f5d0a1e01")
ABOUT = "workplace.health"


def beat(queue: str, *, now: datetime) -> None:
    """A worker of the queue lives."""
    Pulse.objects.update_or_create(queue=queue, defaults={"at": now}, create_defaults={"at": now, "first_at": now})


def watch(*, now: datetime) -> int:
    """Ask every check and tell of each that changed, once: by letter to whoever receives alerts, and by webhook. How many.

    A change counts when two looks in a row have seen it. Row and messages are one transaction, so that a process that
    dies tells neither twice nor never. What was bad and is found no more is well, a check that broke and answers again
    too; but while a check cannot be asked, nobody knows how what it tells of is.
    """
    known, found = {row.name: row for row in HealthState.objects.all()}, findings(now)
    told = sum(_looked_at(one, known.get(one.name), now) for one in found)
    is_whole = not any(one.name.startswith(BROKEN) for one in found)
    gone = known.keys() - {one.name for one in found}
    over = sorted(name for name in gone if is_whole or name.startswith(BROKEN))
    return told + sum(_looked_at(_over(name), known[name], now) for name in over)


def _over(name: str) -> Finding:
    return Finding(name, name, Health.WELL, _("It can be asked again, or is no longer asked about."))


def _looked_at(one: Finding, known: HealthState | None, now: datetime) -> bool:
    is_bad = one.state == Health.BAD
    if known is None:
        HealthState.objects.get_or_create(name=one.name, defaults={"is_bad": False, "seen_bad": is_bad, "since": now})
        return False
    if is_bad == known.is_bad or is_bad != known.seen_bad:
        if is_bad != known.seen_bad:
            HealthState.objects.filter(name=one.name).update(seen_bad=is_bad)
        return False
    with transaction.atomic():
        changed = HealthState.objects.filter(name=one.name, is_bad=known.is_bad).update(is_bad=is_bad, since=now)
        if changed:
            _tell(one, is_bad=is_bad, now=now)
    return bool(changed)


def _tell(one: Finding, *, is_bad: bool, now: datetime) -> None:
    about = f"{ABOUT}:{one.name}/{int(now.timestamp())}"
    url = settings.SITE_URL + reverse("admin:system")
    write_to_staff(
        kind="workplace.staff_health",
        permission=Permission.ALERT_RECEIVE,
        about=about,
        context={
            "state": "BAD" if is_bad else "well again",
            "what": str(one.label),
            "says": str(one.says),
            "todo": str(one.todo) or "Nothing.",
            "at": date_format.moment(now),
            "url": url,
        },
        now=now,
    )
    if settings.ALERT_WEBHOOK_URL:
        data = {"check": one.name, "state": str(one.state), "says": str(one.says), "at": clock.stamp(now), "url": url}
        post_webhook(
            kind="operations.health",
            subject_ref=ALERTS,
            url=settings.ALERT_WEBHOOK_URL,
            purpose="policy_and_security",
            about=about,
            data=data,
        )
