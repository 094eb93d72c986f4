"""The personal part of audit events ends with its period or its person; the event and its leaf stay."""

import uuid
from datetime import timedelta

import pytest
import time_machine

from portal.kernel.audit.erasure import NOBODY, PersonalParts
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.erasure_api import Kept
from portal.kernel.ledger import services as ledger
from tests.audit.factories import AuditEventFactory

pytestmark = pytest.mark.django_db

ASHA = uuid.UUID(int=7)


@pytest.fixture
def events():
    """Two old events about Asha, a new one, and an old one about nobody; one more has no personal part."""
    old = clock.now() - timedelta(days=400)
    with time_machine.travel(old, tick=False):
        AuditEventFactory.create_batch(2, subject_ref=ASHA, personal={"a": "b"})
        AuditEventFactory(personal={})
        AuditEventFactory(subject_ref=ASHA, actor=actor.system("sweep"))
    AuditEventFactory(subject_ref=ASHA, personal={"a": "b"})


def test_what_is_over_is_counted_by_person(events):
    before = clock.now() - timedelta(days=365)
    assert set(PersonalParts().kept(before=before)) == {Kept(ASHA, 2), Kept(NOBODY, 1)}


def test_a_period_that_is_over_ends_the_old_parts_only(events):
    before = clock.now() - timedelta(days=365)
    assert PersonalParts().erase(subject_ref=ASHA, before=before) == 2
    assert PersonalParts().erase(subject_ref=NOBODY, before=before) == 1
    assert AuditPersonal.objects.count() == 1
    assert AuditEvent.objects.count() == 5


def test_a_person_who_is_erased_leaves_no_part_and_a_clean_ledger(events):
    assert PersonalParts().erase(subject_ref=ASHA, before=None) == 3
    assert PersonalParts().erase(subject_ref=ASHA, before=None) == 0
    assert list(AuditPersonal.objects.values_list("subject_ref", flat=True)) == [None]


def test_erasing_personal_parts_does_not_touch_the_ledger():
    AuditEventFactory.create_batch(3, subject_ref=ASHA, personal={"a": "b"})
    ledger.seal_now()
    PersonalParts().erase(subject_ref=ASHA, before=None)
    assert ledger.verify().failures == []


def test_the_eraser_is_registered():
    assert "audit.personal" in {eraser.name for eraser in ports.erasers}
