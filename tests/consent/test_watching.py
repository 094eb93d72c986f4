"""A message that left after a no is found, wherever it was sent from, and told once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction

from consent.base.choices import SendFinding, Way
from consent.decisions.services import post_opt_out_sends
from consent.models import ConsentEvent, SendAfterWithdrawal, Suppression
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, addresses, clock
from portal.kernel.core.actor import staff
from portal.kernel.core.errors import IllegalMove, NotAllowed
from portal.kernel.outbox.choices import MessageState, Outcome
from portal.kernel.outbox.models import DeliveryAddress, Message
from portal.kernel.outbox.services import reports
from portal.kernel.outbox.services.messages import new_identity
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.recipients.services import instruction_status
from portal.kernel.registers.recipients.services.instruction_status import Sent
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import FiduciaryFactory, StaffFactory, SubjectFactory
from tests.registers.factories import registered_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
SECOND = timedelta(seconds=1)
STRANGER = "+919811112222"


@pytest.fixture
def asha() -> Any:
    published_notice()
    return person()


@pytest.fixture
def stopped(asha: Any) -> datetime:
    """When Asha withdrew promotional SMS."""
    said(asha, "given")
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way="sms", actor=actor.SYSTEM)
    return ConsentEvent.objects.get(answer="withdrawn").recorded_at


def left(at: datetime, *, to: str = ASHA_PHONE, ref: UUID | None = None, **more: Any) -> Message:
    """A message of ours that left at that time."""
    usual: dict[str, Any] = {
        "kind": "tests.offer",
        "subject_ref": ref or uuid4(),
        "channel": "sms",
        "about": f"tests.offer:{uuid4()}",
        "purpose": "marketing",
        "category": "promotional",
        "language": "en",
        "template_language": "en",
        "fiduciary": "onesetu",
        "state": MessageState.SENT,
        "sent_at": at,
    }
    message = Message.objects.create(**{**new_identity(clock.now()), **usual, **more})
    if message.channel == "sms":
        DeliveryAddress.objects.create(
            message=message, sealed=b"", address_key=addresses.address_key(to), masked="", created_at=at
        )
    return message


def found() -> list[str]:
    post_opt_out_sends.find(now=clock.now() + timedelta(hours=1))
    return list(SendAfterWithdrawal.objects.order_by("sent_at").values_list("send", flat=True))


def test_a_send_after_the_commit_of_a_withdrawal_is_a_row_and_an_audit_event(stopped):
    left(stopped - SECOND)
    left(stopped)
    late = left(stopped + SECOND)
    assert found() == [f"outbox.message:{late.reference}"]
    row = SendAfterWithdrawal.objects.get()
    assert (row.seconds, row.withdrawn_at, row.event.answer) == (1, stopped, "withdrawn")
    event = AuditEvent.objects.get(kind="consent.send.found")
    assert (event.about, event.facts["seconds"]) == (row.send, 1)


def test_it_is_found_once_however_often_one_looks(stopped):
    left(stopped + SECOND)
    for _ in range(3):
        assert len(found()) == 1
    assert AuditEvent.objects.filter(kind="consent.send.found").count() == 1


def test_one_that_left_before_the_last_look_and_committed_after_it_is_found(stopped):
    post_opt_out_sends.find(now=clock.now())
    late = left(stopped + SECOND)
    assert found() == [f"outbox.message:{late.reference}"]


def test_what_was_allowed_again_is_owed_or_is_anothers_is_not_found(asha, stopped):
    left(stopped + SECOND, purpose="account_service", category="transactional")
    left(stopped + SECOND, channel="whatsapp")
    left(stopped + SECOND, to="+919800000009")
    FiduciaryFactory(code="acme")
    left(stopped + SECOND, fiduciary="acme")
    left(stopped + SECOND, state=MessageState.DEAD)
    said(asha, "given", occurred_at=clock.now())
    left(clock.now() + SECOND)
    assert found() == []


def test_a_no_by_another_person_at_the_address_counts(asha, stopped):
    other = person(email=None)
    said(other, "given", occurred_at=clock.now())
    left(clock.now() + SECOND)
    assert len(found()) == 1


def test_channels_without_an_address_are_compared_by_the_person(asha):
    said(asha, "denied", channel="dashboard")
    left(clock.now() + SECOND, channel="dashboard", ref=asha.subject.ref)
    assert len(found()) == 1


def test_what_a_sending_system_reports_is_compared_however_late_it_tells(asha):
    recipient = registered_recipient()
    said(asha, "given")
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way="sms", actor=actor.SYSTEM)
    stopped = ConsentEvent.objects.get(answer="withdrawn").recorded_at
    post_opt_out_sends.find(now=stopped + timedelta(hours=8))
    keys = tuple(addresses.address_keys(ASHA_PHONE))
    sends = [Sent(str(n), keys, "marketing", "sms", stopped + n * SECOND) for n in (-1, 0, 90)]
    instruction_status.take_sends(recipient, webhook_id="1", sends=sends, now=stopped + timedelta(hours=9))
    post_opt_out_sends.find(now=stopped + timedelta(hours=10))
    row = SendAfterWithdrawal.objects.get()
    assert (row.recipient_code, row.seconds) == ("dialer-one", 90)


def address_stopped(**changes: Any) -> Suppression:
    """A STOP from a number that nobody has registered."""
    usual: dict[str, Any] = {
        "subject_ref": SubjectFactory(kind="stranger").ref,
        "fiduciary": Fiduciary.objects.get(code="onesetu"),
        "places": [Address("phone", tuple(addresses.address_keys(STRANGER)), text=STRANGER)],
        "way": Way.CODE,
        "occurred_at": clock.now(),
        "actor": actor.SYSTEM,
    }
    receipt = suppressions.alone(**{**usual, **changes})
    assert receipt is not None
    return receipt.suppressions.get()


def test_a_send_after_a_stop_of_a_number_nobody_knows_is_a_row_and_an_audit_event():
    stop = address_stopped()
    left(stop.recorded_at - SECOND, to=STRANGER)
    late = left(stop.recorded_at + SECOND, to=STRANGER)
    assert found() == [f"outbox.message:{late.reference}"]
    row = SendAfterWithdrawal.objects.get()
    assert (row.event, row.suppression, row.seconds) == (None, stop, 1)
    event = AuditEvent.objects.get(kind="consent.send.found")
    assert (event.facts["reference"], event.subject_ref) == (str(stop.entry_id), stop.receipt.subject_ref)
    officer = staff(StaffFactory(roles=["data_protection_officer"]).pk)
    post_opt_out_sends.note_finding(row, finding=SendFinding.OUR_FAULT, actor=officer, now=clock.now())


def test_what_a_sending_system_reports_after_such_a_stop_is_found():
    recipient, stop = registered_recipient(), address_stopped()
    keys = tuple(addresses.address_keys(STRANGER))
    sends = [Sent(str(n), keys, "marketing", "whatsapp", stop.recorded_at + n * SECOND) for n in (-1, 90)]
    instruction_status.take_sends(recipient, webhook_id="1", sends=sends, now=clock.now() + timedelta(minutes=5))
    assert len(found()) == 1
    assert SendAfterWithdrawal.objects.get().recipient_code == "dialer-one"


def test_a_stop_of_one_header_accuses_us_and_no_sending_system_whose_header_we_do_not_know():
    recipient = registered_recipient()
    stop = address_stopped(senders=[("sms", "ONESTU")])
    keys = tuple(addresses.address_keys(STRANGER))
    sends = [Sent("1", keys, "marketing", "sms", stop.recorded_at + SECOND)]
    instruction_status.take_sends(recipient, webhook_id="1", sends=sends, now=clock.now() + timedelta(minutes=5))
    ours = left(stop.recorded_at + SECOND, to=STRANGER)
    assert found() == [f"outbox.message:{ours.reference}"]


def test_a_stop_that_does_not_cover_the_send_or_stands_no_longer_finds_nothing(asha):
    stop = address_stopped(places=[Address("phone", tuple(addresses.address_keys(ASHA_PHONE)))])
    after = stop.recorded_at + SECOND
    left(after, purpose="account_service", category="transactional")
    left(after, purpose="product_updates", category="service")
    FiduciaryFactory(code="acme")
    left(after, fiduciary="acme")
    said(asha, "given", occurred_at=clock.now())
    left(clock.now() + SECOND)
    assert found() == []


def test_a_stop_that_was_taken_back_counts_for_what_left_meanwhile():
    stop = address_stopped()
    undo_stop(receipt=stop.receipt, actor=actor.SYSTEM, now=stop.receipt.made_at + 60 * SECOND)
    left(stop.recorded_at + 61 * SECOND, to=STRANGER)
    meanwhile = left(stop.recorded_at + 30 * SECOND, to=STRANGER)
    assert found() == [f"outbox.message:{meanwhile.reference}"]


def test_a_send_is_after_one_no_and_the_database_says_so(stopped):
    left(stopped + SECOND)
    found()
    with pytest.raises(IntegrityError), transaction.atomic():
        SendAfterWithdrawal.objects.update(suppression=address_stopped())


def test_staff_say_once_what_it_was(stopped):
    left(stopped + SECOND)
    found()
    row = SendAfterWithdrawal.objects.get()
    officer = staff(StaffFactory(roles=["data_protection_officer"]).pk)
    with pytest.raises(NotAllowed):
        post_opt_out_sends.note_finding(row, finding=SendFinding.UNDER_WAY, actor=actor.SYSTEM, now=clock.now())
    post_opt_out_sends.note_finding(row, finding=SendFinding.UNDER_WAY, actor=officer, now=clock.now())
    assert AuditEvent.objects.get(kind="consent.send.explained").facts["state"] == "under_way"
    with pytest.raises(IllegalMove):
        post_opt_out_sends.note_finding(row, finding=SendFinding.OUR_FAULT, actor=officer, now=clock.now())


@pytest.mark.parametrize("believed", [MessageState.UNKNOWN, MessageState.DEAD])
def test_a_send_that_a_late_report_tells_of_is_found(stopped, believed, monkeypatch):
    monkeypatch.setattr(reports, "_works_again", lambda *_given: None)  # these messages have no address to read
    late = left(stopped + SECOND, state=believed, sent_at=None)
    late.deliveries.create(attempt=1, outcome=Outcome.STARTED, happened_at=stopped + SECOND)
    post_opt_out_sends.find(now=clock.now() + timedelta(minutes=30))
    assert not SendAfterWithdrawal.objects.exists()
    told = reports.Report(late.reference, Outcome.DELIVERED)
    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        reports.take(webhook_id="1", reports=[told], now=clock.now())
    assert found() == [f"outbox.message:{late.reference}"]
