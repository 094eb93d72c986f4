"""P18: the file of one person with a thousand answers, its page as of a past instant and its whole bundle."""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO, cast

from django.db import connection

from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.person import sign_off
from portal.fronts.evidence.person.subject_bundle import make_bundle
from portal.fronts.evidence.person.subject_timeline import timeline_of
from portal.kernel.core import actor, addresses, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.people.models import ContactPoint
from tests.benchmarks import BenchRow, alternately
from tests.benchmarks.many import analyse, house, spent
from tests.benchmarks.p01_decision import law_and_notice
from tests.benchmarks.p15_copy import ANSWERS, NUMBER, answers_of
from tests.people.factories import ContactPointFactory, StaffFactory

#: Milliseconds to the page with the newest events and how everything stood; and to a finished bundle.
PAGE, BUNDLE = 1_000, 20_000


def rows(*, full: bool) -> Iterator[BenchRow]:
    """The page and the bundle, each against the one statement that reads the entries."""
    house()
    law_and_notice()
    point = ContactPoint.objects.filter(kind="phone", address_key__in=addresses.address_keys(NUMBER)).first()
    if point is None:
        point = ContactPointFactory(kind="phone", address=NUMBER)
        answers_of(point)
    ledger.seal_now(wait=60)
    analyse()
    now = clock.now()
    ref, then = point.principal.subject.ref, now - timedelta(seconds=1)

    def page() -> None:
        timeline = timeline_of(ref, at=now)
        events, _place = timeline.page()
        if len(events) != 50 or timeline.entries().count() < ANSWERS or not timeline.standing():
            raise AssertionError("The page lacks events.")

    def read() -> None:
        with connection.cursor() as cursor:
            column = ref if connection.vendor == "postgresql" else ref.hex
            cursor.execute("SELECT * FROM ledger_entry WHERE subject_ref = %s ORDER BY recorded_at, id", [column])
            if len(cursor.fetchall()) < ANSWERS:
                raise AssertionError("The statement read other entries.")

    ours, limit = alternately(9 if full else 5, lambda: spent(page), lambda: spent(read))
    job = f"file of a person with {ANSWERS:,} events, as of then"
    yield BenchRow("P18", job, "ms", ours, limit, ours / limit, "under 1 s", ours < PAGE, "a page of 50, all states")

    officer = StaffFactory(roles=["data_protection_officer"])
    row = sign_off.propose(subject_ref=ref, as_of=then, ticket="audit", actor=actor.staff(officer.pk), now=clock.now())

    def bundle() -> None:
        with tempfile.TemporaryFile() as target:
            made = make_bundle(
                row=PersonFile.objects.get(pk=row.pk),
                target=cast(BinaryIO, target),
                actor=actor.system("bench"),
                now=clock.now(),
                progress=lambda done, total: None,
            )
            if made.proved != row.events:
                raise AssertionError("Not every event is proved.")

    ours, limit = alternately(3 if full else 1, lambda: spent(bundle), lambda: spent(read))
    job = f"bundle of its {ANSWERS:,} events, each proved"
    yield BenchRow(
        "P18", job, "ms", ours, limit, ours / limit, "under 20 s", ours < BUNDLE, "pages, tables, proofs, ZIP"
    )
