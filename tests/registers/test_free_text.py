"""Free text may follow a person's own message for some hours; nothing is kept for longer."""

from datetime import timedelta

import pytest

from portal.kernel.core import addresses, clock
from portal.kernel.law.models import LegalRule
from portal.kernel.people import erasure
from portal.kernel.registers.models import LastInbound
from portal.kernel.registers.senders.selectors import senders as sender_selectors
from portal.kernel.registers.senders.services import senders
from tests.people.factories import FiduciaryFactory, PrincipalFactory
from tests.registers.factories import (
    own,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds_of_variables")]


KEY = addresses.address_key("+919876543210")


def test_free_text_is_for_a_day_after_the_persons_last_message():
    wrote = clock.now()
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=wrote)
    assert sender_selectors.may_send_free_text([KEY], wrote + timedelta(hours=23, minutes=59))
    assert not sender_selectors.may_send_free_text([KEY], wrote + timedelta(hours=24))
    assert not sender_selectors.may_send_free_text([KEY], wrote - timedelta(seconds=1))
    assert not sender_selectors.may_send_free_text([KEY], wrote, fiduciary=FiduciaryFactory().code)
    assert not sender_selectors.may_send_free_text([addresses.address_key("+919876543211")], wrote)


def test_a_message_that_arrives_late_does_not_move_the_window_back():
    wrote = clock.now()
    for at in (wrote, wrote - timedelta(hours=5)):
        senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=at)
    assert LastInbound.objects.get().last_at == wrote


def test_without_the_rule_there_is_no_free_text():
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=clock.now())
    LegalRule.objects.filter(key="WA-POLICY").delete()
    assert not sender_selectors.may_send_free_text([KEY], clock.now())


def test_the_time_of_a_message_is_kept_no_longer_than_it_opens_a_window():
    now = clock.now()
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=now - timedelta(hours=23))
    assert senders.forget_inbound(now=now) == 0
    assert senders.forget_inbound(now=now + timedelta(hours=1)) == 1


def test_when_an_address_last_wrote_ends_with_the_person():
    person = PrincipalFactory(phone="+919876543210")
    senders.note_inbound(fiduciary=own(), address_key=KEY, channel="whatsapp", at=clock.now())
    other = addresses.address_key("+919876543211")
    senders.note_inbound(fiduciary=own(), address_key=other, channel="whatsapp", at=clock.now())
    erasure.Accounts().erase(subject_ref=person.subject.ref, before=None)
    assert [bytes(row.address_key) for row in LastInbound.objects.all()] == [other]


def test_when_an_address_last_wrote_is_declared_as_personal():
    assert LastInbound.data_categories["address_key"] == "contact"
