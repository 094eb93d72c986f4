"""Clocks that jump: a process writes while its clock is right, nothing while it is wrong, and signing never stops for it."""

import random
from datetime import timedelta

import pytest
import time_machine

from portal.kernel.core import clock, database_clock
from portal.kernel.core.database_clock import ClocksApart
from portal.kernel.ledger import services
from portal.kernel.ledger.models import Entry
from tests.campaigns.counts import conclude
from tests.ledger.factories import EntryFactory
from tests.ledger.test_two_clocks import compared

__all__ = ["compared"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone", "compared")]
#: Seconds by which a clock may be wrong without being refused, by which it surely is, and by which it jumps at most.
SMALL, LARGE, LARGEST = 50.0, 75.0, 3 * 86_400.0


def jump(chance: random.Random) -> float:
    """None, a small one, or a large one; ahead or back."""
    size = chance.choice((0.0, chance.uniform(0, SMALL), chance.uniform(LARGE, LARGEST)))
    return size * chance.choice((1, -1))


@pytest.mark.parametrize("jumps", [60, pytest.param(1_000, marks=pytest.mark.full)])
def test_a_clock_that_jumps_loses_no_entry_and_stops_no_signature(jumps, monkeypatch):
    """Each jump may find another process, which has never asked for the time."""
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    acknowledged, wrong = [], []
    EntryFactory()
    services.seal_now()
    for _number in range(jumps):
        by = jump(chance)
        if chance.random() < 0.3:
            monkeypatch.setattr(database_clock, "_state", database_clock._State())
            database_clock.apart()
        with time_machine.travel(clock.now() + timedelta(seconds=by)):
            try:
                acknowledged.append(EntryFactory().pk)
                if chance.random() < 0.3:
                    services.seal_now()
            except ClocksApart:
                wrong += [by] * (abs(by) < SMALL)
            else:
                wrong += [by] * (abs(by) > LARGE)
    assert not wrong, f"seed {seed}: {wrong}"
    database_clock.apart()
    services.seal_now()
    assert services.verify().failures == [], f"seed {seed}"
    sealed = set(Entry.objects.filter(leaf__isnull=False).values_list("pk", flat=True))
    conclude(
        "A clock that jumps",
        attempts=jumps,
        refused=jumps - len(acknowledged),
        acknowledged=len(acknowledged),
        lost=set(acknowledged) - sealed,
    )
