"""Many grievances and many people, set by set: copies of what a service wrote, each with a name of its own."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from time import process_time

from django.db import connection, transaction
from django.db.models import Model

from grievances.base import selectors
from grievances.models import Ticket
from portal.demo.bulk import add_people
from portal.kernel.core import clock, ids
from portal.kernel.law.models import Clock
from portal.kernel.people.models import Fiduciary, Principal
from tests.benchmarks import seconds
from tests.grievances.factories import ticket
from tests.shipped import every_rule

BATCH = 20_000


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
    names = _unused_names()
    while missing > 0:
        chunk = list(islice(names, min(BATCH, missing)))
        missing -= len(chunk)
        with transaction.atomic():
            _name(chunk)
            _copy(first, {column: f"named.{column}" for column in ("reference", "filing_key", "subject_ref")})
            _copy(contact, {"ticket_id": "made.id"})
            for each in clocks:
                before, after = each.owner.split(first.reference)
                _copy(each, {"owner": f"'{before}' || named.reference || '{after}'"})
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


def _unused_names() -> Iterator[str]:
    """References that no grievance has: of a million drawn some are drawn twice."""
    taken = set(Ticket.objects.values_list("reference", flat=True))
    while True:
        name = ids.new_reference("GR")
        if name not in taken:
            taken.add(name)
            yield name


def _name(references: list[str]) -> None:
    """What is each one's own, where statements can join it."""
    key, each = ("uuid", "gen_random_uuid()")
    listed = "json_array_elements_text(%s::json) AS given(value)"
    if connection.vendor == "sqlite":
        key, each, listed = "char(32)", "lower(hex(randomblob(16)))", "json_each(%s) AS given"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS named")
        cursor.execute(f"CREATE TEMPORARY TABLE named (reference varchar(16), filing_key {key}, subject_ref {key})")
        cursor.execute(f"INSERT INTO named SELECT given.value, {each}, {each} FROM {listed}", [json.dumps(references)])


def _copy(like: Model, own: dict[str, str]) -> None:
    """A copy of the row for each name, but for what each has of its own: in the database, where they stay."""
    table = like._meta.db_table
    columns = [field.column for field in like._meta.concrete_fields if not field.primary_key]
    values = ", ".join(own.get(column, f"shown.{column}") for column in columns)
    made = f"JOIN {Ticket._meta.db_table} made ON made.reference = named.reference" if "ticket_id" in own else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} shown CROSS JOIN named {made} "
            "WHERE shown.id = %s",
            [like.pk],
        )
