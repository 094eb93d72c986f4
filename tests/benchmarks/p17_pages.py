"""P17: every page of a signed-in customer, with many people in the tables."""

from collections.abc import Iterator
from datetime import timedelta

from django.test import Client

from portal.kernel.core import clock
from tests.benchmarks import BenchRow
from tests.benchmarks.looks import ask
from tests.benchmarks.many import house, open_tickets, people
from tests.benchmarks.p01_decision import law_and_notice
from tests.consent.factories import said
from tests.grievances.factories import filed
from tests.people.factories import CustomerFactory, CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

PAGES = (
    *("", "preferences/", "consents/", "kyc/", "grievances/", "grievances/new/", "requests/new/", "profile/"),
    *("account/", "nominee/", "messages/", "policies/", "who-has-my-data/", "sessions/", "track/", "what-we-hold/"),
)
#: Milliseconds at the 95th percentile, statements, and bytes in all.
LATE, STATEMENTS, WEIGHT = 60, 12, 50_000


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Each page against the one that asks nothing of the database: the frame alone."""
    size = 1_000_000 if full else 20_000
    house()
    law_and_notice()
    now = clock.now()
    people(size, now=now)
    open_tickets(size if full else 5_000, now=now)
    user = CustomerUserFactory(email="p17@example.in", member_of=CustomerFactory(kind="individual"))
    assert user.principal is not None
    for channel, answer in (("email", "given"), ("sms", "given"), ("email", "withdrawn")):
        kind = "email" if channel == "email" else "phone"
        address = user.email if kind == "email" else "+919200000017"
        said(user.principal, answer, address_kind=kind, address=address, channel=channel)
    for days in range(3):
        filed(principal=user.principal, at=now - timedelta(days=days), email=user.email)
    client = customer_client(user)
    times = 100 if full else 20
    frame = ask(Client(), "/privacy/accessibility/", times=times).middle
    for page in PAGES:
        found = ask(client, f"/privacy/{page}", times=times)
        met = found.late < LATE and found.statements < STATEMENTS and found.weight < WEIGHT
        yield BenchRow(
            "P17",
            f"/privacy/{page}",
            "ms",
            found.late,
            frame,
            found.late / frame,
            "p95 under 60 ms, under 12 statements, 50 kB",
            met,
            f"{size:,} people, {found.statements} statements, {found.weight / 1000:.0f} kB",
        )
