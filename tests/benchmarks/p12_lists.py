"""P12: staff's lists over many rows: first page, a deep page, and each search, of grievances and of people."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db import connection
from django.test import Client

from grievances.models import Ticket
from portal.kernel.core import clock
from portal.kernel.people.models import ContactPoint
from tests.benchmarks import BenchRow, alternately
from tests.benchmarks.looks import Asked, ask
from tests.benchmarks.many import house, open_tickets, people, spent
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

TICKETS, PEOPLE = "/admin/grievances/ticket/", "/admin/people/principal/"
#: Milliseconds and statements of any page.
TARGET, STATEMENTS = 80, 15


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Each list against the bare statement for a page of its table."""
    size = 1_000_000 if full else 20_000
    house()
    now = clock.now()
    open_tickets(size, now=now)
    people(size, now=now)
    client = staff_client(
        StaffFactory(roles=["data_protection_officer", "grievance_officer"], is_active=True), browser=Client
    )
    reference = Ticket.objects.order_by("-pk")[size // 2].reference
    number = str(ContactPoint.objects.order_by("-pk")[size // 2].address)
    times = 40 if full else 15
    deep = "p=90"
    looks = {
        "grievances, first page": (TICKETS, None, "grievances_ticket"),
        "grievances, a deep page": (f"{TICKETS}?{deep}", None, "grievances_ticket"),
        "grievances, due first": (f"{TICKETS}?queue=open", None, "grievances_ticket"),
        "grievances, by reference": (f"{TICKETS}?{urlencode({'q': reference})}", None, "grievances_ticket"),
        "people, first page": (PEOPLE, None, "people_principal"),
        "people, a deep page": (f"{PEOPLE}?{deep}", None, "people_principal"),
        "people, by number": (f"{PEOPLE}?", {"q": number}, "people_principal"),
    }
    for name, (address, post, table) in looks.items():
        found = ask(client, address, times=times, post=post)
        limit = alternately(5, lambda table=table: spent(lambda: _bare(table)))[0]
        yield _row(name, found, limit, size)


def _row(name: str, found: Asked, limit: float, size: int) -> BenchRow:
    met = found.middle < TARGET and found.statements <= STATEMENTS
    note = f"{size:,} rows, {found.statements} statements, p95 {found.late:.0f} ms"
    target = "under 80 ms, 15 statements"
    return BenchRow("P12", name, "ms", found.middle, limit, found.middle / limit, target, met, note)


def _bare(table: str) -> None:
    """A hundred rows by key, as a driver reads them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 100")
        cursor.fetchall()
