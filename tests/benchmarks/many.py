"""Many grievances and many people, set by set: copies of what a service wrote, each with a name of its own."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from time import process_time
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Model

from grievances import selectors
from grievances.models import Ticket, TicketContact
from portal.core import bulk, clock, ids
from portal.demo.bulk import add_people
from portal.law.models import Clock
from portal.people.models import Fiduciary, Principal
from tests.benchmarks import seconds
from tests.grievances.factories import ticket
from tests.shipped import every_rule

BATCH = 5_000


def house() -> None:
    """The rules of law, our promises and ourselves, whichever row is measured first."""
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )


def people(size: int, *, now: datetime) -> None:
    """At least so many people with one number each."""
    missing = size - Principal.objects.count()
    if missing > 0:
        add_people(missing, now=now, tell=lambda what, done, total: None)
        analyse()


def open_tickets(size: int, *, now: datetime) -> None:
    """At least so many open grievances, each with the clocks that a filed one has, none of which has anything to say yet."""
    missing = size - Ticket.objects.count()
    if missing <= 0:
        return
    first = ticket(at=now)
    clocks = list(Clock.objects.filter(owner__in=selectors.owners_of(first)).exclude(next_at=None))
    contact = first.contacts.get()
    names = iter(lambda: ids.new_reference("GR"), "")
    while missing > 0:
        chunk = list(islice(names, min(BATCH, missing)))
        missing -= len(chunk)
        with transaction.atomic():
            _insert(
                Ticket, first, ({"reference": name, "filing_key": uuid4(), "subject_ref": uuid4()} for name in chunk)
            )
            keys = Ticket.objects.filter(reference__in=chunk).values_list("pk", flat=True)
            _insert(TicketContact, contact, ({"ticket_id": pk} for pk in keys))
            for each in clocks:
                _insert(Clock, each, ({"owner": each.owner.replace(first.reference, name)} for name in chunk))
    analyse()


def make_due(count: int, *, now: datetime) -> list[int]:
    """Give so many clocks something to say now: a share of their time is gone. Returns their keys."""
    keys = list(Clock.objects.filter(next_at__gt=now).order_by("pk").values_list("pk", flat=True)[:count])
    past = now - timedelta(seconds=1)
    for first in range(0, len(keys), 2_000):
        Clock.objects.filter(pk__in=keys[first : first + 2_000]).update(next_at=past)
    return keys


def spent(job: Callable[[], object]) -> float:
    """Milliseconds of one call; on SQLite of this process's processor time, for all of the work happens in it."""
    if connection.vendor == "postgresql":
        return seconds(job) * 1000
    begun = process_time()
    job()
    return (process_time() - begun) * 1000


def analyse() -> None:
    """The planner learns of the rows."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _insert(model: type[Model], like: Model, own: Iterator[dict[str, object]]) -> None:
    """Copies of a row but for what each has of its own."""
    rows = list(own)
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    same = {name: getattr(like, name) for name in names}
    bulk.insert(model, names, [tuple({**same, **each}[name] for name in names) for each in rows])
