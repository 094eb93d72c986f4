from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.ledger import services as ledger
from portal.ledger.models import Entry
from tests.audit.factories import AuditEventFactory
from tests.evidence.packed import INSIDE, NOVEMBER
from tests.ledger.factories import EntryFactory


@pytest.fixture
def october():
    """A ledger with records before, in and after October, sealed at their own times, one of them erased since."""
    erased = None
    for moment in (datetime(2026, 9, 20, tzinfo=clock.IST), INSIDE, INSIDE + timedelta(days=2), NOVEMBER):
        with time_machine.travel(moment, tick=False):
            entries = EntryFactory.create_batch(3)
            AuditEventFactory(facts={"reason_code": "=1+1"})
            ledger.seal_now()
            erased = erased or (entries[0] if moment == INSIDE else None)
    with time_machine.travel(NOVEMBER + timedelta(hours=1), tick=False):
        ledger.redact(Entry.objects.filter(pk=erased.pk), basis="test", requested_at=clock.now())
