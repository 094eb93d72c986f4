import pytest
from django.conf import settings

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.channels.protocol import Outgoing, PermanentFailure
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, failed_messages
from tests.outbox.factories import Decision, Gate, RecordingChannel, posted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]
STAFF = actor.staff(7)


def refuse(outgoing: Outgoing) -> None:
    raise PermanentFailure("SMTP_550")


@pytest.fixture
def dead(gate: Gate, channel: RecordingChannel) -> Message:
    channel.behaviour = refuse
    message = posted()
    delivery.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    assert message.state == MessageState.DEAD
    return message


def test_a_failed_message_goes_out_again_under_its_old_key(dead: Message, channel: RecordingChannel) -> None:
    failed_messages.retry(message=dead, actor=STAFF)
    assert dead.attempts_allowed == 1 + settings.OUTBOX_ATTEMPTS
    channel.behaviour = lambda outgoing: None
    assert delivery.deliver(dead.pk, now=clock.now()) == MessageState.SENT
    assert channel.taken[0].idempotency_key == str(dead.idempotency_key)


def test_the_gate_is_asked_again_before_a_retry(dead: Message, channel: RecordingChannel, gate: Gate) -> None:
    failed_messages.retry(message=dead, actor=STAFF)
    gate.decision = Decision(allowed=False, reason="CONSENT_WITHDRAWN")
    channel.behaviour = lambda outgoing: None
    assert delivery.deliver(dead.pk, now=clock.now()) == MessageState.STOPPED
    assert channel.taken == []


def test_a_failed_message_can_be_given_up(dead: Message) -> None:
    failed_messages.close(message=dead, actor=STAFF)
    assert dead.state == MessageState.CLOSED
    with pytest.raises(Refused, match="has failed"):
        failed_messages.retry(message=dead, actor=STAFF)


def test_a_message_that_waits_is_nobodys_decision() -> None:
    with pytest.raises(Refused):
        failed_messages.close(message=posted(), actor=STAFF)


def test_each_act_leaves_an_event_without_address_or_words(dead: Message, gate: Gate) -> None:
    failed_messages.retry(message=dead, actor=STAFF)
    gate.decision = Decision(allowed=False, reason="CONSENT_WITHDRAWN")
    delivery.deliver(dead.pk, now=clock.now())
    events = list(AuditEvent.objects.filter(kind__startswith="outbox").order_by("pk"))
    assert [event.kind for event in events] == ["outbox.message.retried", "outbox.message.blocked"]
    assert events[1].facts["reason_code"] == "CONSENT_WITHDRAWN"
    assert "example" not in str([event.facts for event in events])


def test_reading_the_words_is_recorded_with_its_purpose() -> None:
    text = failed_messages.read(message=posted(), purpose="grievance", ticket="OS-GR-7K4M-9QX2", actor=STAFF)
    assert text.subject == "A notice"
    event = AuditEvent.objects.get(kind="admin.record.opened")
    assert (event.facts["purpose"], event.facts["ticket"]) == ("grievance", "OS-GR-7K4M-9QX2")
