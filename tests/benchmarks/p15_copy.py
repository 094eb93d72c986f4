"""P15: the copy of one person's data with a thousand answers, to a finished, encrypted archive."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.models import ConsentEvent
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from grievances.base.request_choices import BundleState, SectionState
from grievances.models import Bundle
from grievances.requests.services import data_copies
from portal.kernel.core import actor, addresses, clock
from portal.kernel.people.models import ContactPoint
from tests.benchmarks import BenchRow, alternately
from tests.benchmarks.many import analyse, house, spent
from tests.benchmarks.p01_decision import law_and_notice
from tests.grievances.requests import shown
from tests.people.factories import ContactPointFactory, StaffFactory

ANSWERS = 1_000
CHANNELS = ("sms", "whatsapp", "rcs", "voice")
#: Milliseconds to a finished copy.
TARGET = 300
NUMBER = "+919200000015"


def answers_of(point: ContactPoint) -> None:
    """A yes and a no in turn, on four channels, an hour apart."""
    now = clock.now().replace(microsecond=0)
    proof = [{"type": "form", "sha256": "ab" * 32}]
    ref, key = point.principal.subject.ref, addresses.address_key(NUMBER)
    for step in range(ANSWERS // len(CHANNELS)):
        at = now - timedelta(hours=ANSWERS - step)
        given = [
            Brought(
                ref,
                Choice(Address("phone", (key,), is_verified=True), "marketing", channel, answer, None, proof),
                at,
            )
            for channel in CHANNELS
            for answer in ("given" if step % 2 == 0 else "denied",)
        ]
        record_brought(fiduciary="onesetu", answers=given, actor=actor.system("bench"), now=now)


def rows(*, full: bool) -> Iterator[BenchRow]:
    """All sections, their files and the archive, against the one statement that reads the answers."""
    house()
    law_and_notice()
    point = ContactPointFactory(kind="phone", address=NUMBER)
    ContactPointFactory(principal=point.principal, kind="email", address="p15@example.in")
    answers_of(point)
    analyse()
    officer = StaffFactory(roles=["grievance_officer"])
    request = shown(email="p15@example.in", at=clock.now())
    bundle = data_copies.collect(request=request, by=officer, actor=actor.staff(officer.pk), at=clock.now())
    ref = point.principal.subject.ref

    def whole() -> None:
        Bundle.objects.filter(pk=bundle.pk).update(state=BundleState.COLLECTING)
        bundle.sections.update(state=SectionState.WAITING)
        bundle.refresh_from_db()
        data_copies.run(bundle, progress=lambda done, total: None)
        if bundle.state != BundleState.READY:
            raise AssertionError("The copy was not put together.")

    def read() -> None:
        with connection.cursor() as cursor:
            column = ref if connection.vendor == "postgresql" else ref.hex
            cursor.execute("SELECT * FROM consent_consentevent WHERE subject_ref = %s ORDER BY id", [column])
            if len(cursor.fetchall()) != ANSWERS:
                raise AssertionError("The statement read other answers.")

    if ConsentEvent.objects.filter(subject_ref=ref).count() != ANSWERS:
        raise AssertionError("Not every answer was recorded.")
    ours, limit = alternately(9 if full else 5, lambda: spent(whole), lambda: spent(read))
    parts = bundle.sections.count()
    yield BenchRow(
        "P15",
        f"copy of a person with {ANSWERS:,} answers",
        "ms",
        ours,
        limit,
        ours / limit,
        "under 300 ms",
        ours < TARGET,
        f"{parts} parts, each encrypted in a file of its own, then the archive",
    )
