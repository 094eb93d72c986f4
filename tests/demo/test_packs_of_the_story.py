"""Packs of a told story: every register has rows, and each can be joined and read."""

import io
import json
from datetime import timedelta

import pytest

from portal.core import actor, clock
from portal.demo.story import telling
from portal.evidence import packs
from portal.evidence.period import Period
from tests.evidence.packed import opened
from tests.evidence.walks import faults_of

#: Each stands for a way of naming people, lists and other rows.
WITH_ROWS = {
    *("audit", "book_contract", "book_processingactivity", "clock_events", "clocks", "consents", "deliveries", "files"),
    *("instruction_steps", "instructions", "kyc_checks", "kyc_decisions", "messages", "purposes", "recipients"),
    *("role_grants", "senders", "ticket_entries", "tickets"),
}


@pytest.fixture
def told(transactional_db, small):
    now = clock.now()
    telling.build(seed=7, now=now, tell=lambda what, done, total: None)
    return now


def pack_of(first, last):
    target = io.BytesIO()
    now = clock.now()
    period = Period.of(first, last, now=now)
    packs.make_pack(period=period, sample=packs.Sample(3, 7), target=target, actor=actor.system("test"), now=now)
    return opened(target.getvalue())


@pytest.mark.full
def test_every_register_of_a_pack_can_be_joined_and_read(told):
    """Full: it tells the whole story."""
    files = pack_of(clock.day(told) - timedelta(days=400), clock.day(told))
    counts = json.loads(files["manifest.json"])["registers"]
    assert faults_of(files) == []
    assert {name for name, count in counts.items() if count} >= WITH_ROWS
