"""Evidence packs for tests: of October, from a ledger that holds more."""

import io
import zipfile
from datetime import date, datetime, timedelta

import time_machine

from portal.fronts.evidence import packs
from portal.fronts.evidence.period import Period
from portal.kernel.core import actor, clock

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
INSIDE = datetime(2026, 10, 12, 15, 0, tzinfo=clock.IST)
NOVEMBER = datetime(2026, 11, 3, 9, 0, tzinfo=clock.IST)
WHO = actor.system("test")


def make(period=OCTOBER, now=NOVEMBER + timedelta(days=1), size=3, seed=7, drawn=(), reader=None):
    target = io.BytesIO()
    with time_machine.travel(now, tick=False):
        made = packs.make_pack(
            period=period,
            sample=packs.Sample(size, seed, drawn),
            target=target,
            actor=WHO,
            now=clock.now(),
            reader=reader,
        )
    return made, target.getvalue()


def opened(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    return {name: archive.read(name) for name in archive.namelist()}
