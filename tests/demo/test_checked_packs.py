"""Packs of a told story, checked by the program inside them: what an honest portal makes is refused by no check."""

import io
from datetime import timedelta

import pytest

from portal.fronts.evidence import packs
from portal.fronts.evidence.period import Period
from portal.kernel.core import actor, clock
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.ledger import program
from portal.kernel.ledger import services as ledger
from tests.demo.test_packs_of_the_story import told

__all__ = ["told"]


@pytest.mark.full
def test_the_program_inside_holds_the_pack_of_any_month(told):
    """Full: it tells the whole story."""
    space = {"__name__": "verify"}
    exec(program.source(), space)
    trust = space["Trust"]((space["read_key"](ledger.verifier().vkey),))
    wrong = {}
    today = clock.day(told)
    for months in range(14):
        first = add_months(today.replace(day=1), -months)
        last = min(today, add_months(first, 1) - timedelta(days=1))
        target, now = io.BytesIO(), clock.now()
        period = Period.of(first, last, now=now)
        packs.make_pack(period=period, sample=packs.Sample(5, 7), target=target, actor=actor.system("test"), now=now)
        try:
            space["check_pack"](target.getvalue(), trust, None)
        except space["Bad"] as error:
            wrong[first] = str(error)
    assert wrong == {}
