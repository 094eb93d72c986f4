"""One letter a day to each member of staff for whom something waits: numbers and links, nothing about anybody."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats

from portal.fronts.workplace import queues
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.outbox.services import write_to
from portal.kernel.people import selectors as people
from portal.kernel.people.models import RoleGrant, User

KIND: Final = "workplace.staff_digest"


def send(*, now: datetime) -> int:
    """Write to everybody who works and has something in the queues of their first page; how many were written to.

    Each letter is a transaction of its own, and once a day whatever happens. Nobody is written to on a day off.
    """
    day = clock.day(now)
    if law.is_day_off(day):
        return 0
    return sum(_told(user, now) for user in _who_works(now).iterator() if not people.is_away(user, on=day))


def _who_works(now: datetime) -> QuerySet[User]:
    """Active staff with a role that does more than read."""
    grants = people.grants_in_force(RoleGrant.objects.filter(role__only_reads=False), now=now)
    working = User.objects.filter(is_staff=True, is_active=True, pk__in=grants.values("user"))
    return working.select_related("subject").order_by("pk")


def _told(user: User, now: datetime) -> bool:
    """Counted as on their first page: with the filters of each list and the permissions of this login."""
    request = HttpRequest()
    request.user = user
    waiting = [one for one in queues.of_the_first_page(request) if one.count]
    if not waiting:
        return False
    day = clock.day(now)
    return write_to(
        user,
        kind=KIND,
        purpose="policy_and_security",
        about=f"workplace.digest:{day.isoformat()}",
        context={
            "day": formats.date_format(day, "j F Y"),
            "lines": "\n\n".join(f"{one.queue.label}: {one.number}\n{settings.SITE_URL}{one.url}" for one in waiting),
            "url": settings.SITE_URL + reverse("admin:index"),
        },
    )
