from typing import Any

import pytest
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.outbox.channels.protocol import Outgoing, PermanentFailure
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery
from tests.outbox.factories import AddressFaultFactory, Gate, MessageFactory, RecordingChannel, posted
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]
OPENING = {"answer": "1", "purpose": "grievance", "ticket": "grievance queue"}


def refuse(outgoing: Outgoing) -> None:
    raise PermanentFailure("SMTP_550")


@pytest.fixture
def dead(gate: Gate, channel: RecordingChannel) -> Message:
    channel.behaviour = refuse
    message = posted()
    delivery.deliver(message.pk, now=clock.now())
    return message


def url(message: Message, act: str) -> str:
    return reverse("admin:outbox_message_do_one", args=[message.pk, act])


def test_the_list_shows_no_address_and_decrypts_nothing(dead: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.kernel.outbox.encryption.unseal", lambda *args, **kwargs: 1 / 0)
    page = staff_client(StaffFactory(roles=["auditor"])).get(reverse("admin:outbox_message_changelist"))
    text = page.content.decode()
    assert dead.reference in text
    assert "asha" not in text


def test_a_message_page_shows_each_attempt_and_the_mask(dead: Message) -> None:
    client = staff_client(StaffFactory(roles=["grievance_officer"]))
    text = client.get(reverse("admin:outbox_message_change", args=[dead.pk])).content.decode()
    assert "SMTP_550" in text
    assert "a••••@example.com" in text
    assert "asha@" not in text


def test_a_failed_message_is_tried_again_by_whoever_may(dead: Message) -> None:
    staff_client(StaffFactory(roles=["grievance_officer"])).post(url(dead, "try-again"), {"answer": "1"})
    dead.refresh_from_db()
    assert dead.state == MessageState.DUE


def test_the_auditor_decides_nothing_and_reads_no_words(dead: Message) -> None:
    client = staff_client(StaffFactory(roles=["auditor"]))
    for act in ("try-again", "close-unsent", "show-words"):
        assert client.post(url(dead, act), OPENING).status_code == 403
    dead.refresh_from_db()
    assert dead.state == MessageState.DEAD


def test_the_words_open_with_a_purpose_and_leave_a_trace(dead: Message) -> None:
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    assert client.post(url(dead, "show-words"), {"answer": "1"}).status_code == 422
    page = client.post(url(dead, "show-words"), OPENING).content.decode()
    assert "Your reference number is OS-GR-7K4M-9QX2." in page
    assert AuditEvent.objects.filter(kind="admin.record.opened", about=f"outbox.message:{dead.reference}").count() == 1


def test_a_message_that_has_not_failed_offers_nothing_to_decide() -> None:
    message = posted()
    client = staff_client(StaffFactory(roles=["administrator"]))
    page = client.post(url(message, "close-unsent"), {"answer": "1"}).content.decode()
    assert "This message has not failed" in page
    message.refresh_from_db()
    assert message.state == MessageState.DUE


def test_a_message_on_a_channel_that_is_not_set_up_says_so(gate: Gate, settings: Any) -> None:
    settings.OUTBOX_CHANNELS = {"email": settings.OUTBOX_CHANNELS["email"]}
    waiting = MessageFactory(channel="whatsapp")
    client = staff_client(StaffFactory(roles=["auditor"]))
    for page in (
        reverse("admin:outbox_message_changelist"),
        reverse("admin:outbox_message_change", args=[waiting.pk]),
    ):
        assert "WhatsApp (not set up here)" in client.get(page).content.decode()


def test_a_message_names_the_one_that_took_over(gate: Gate) -> None:
    earlier = MessageFactory()
    later = MessageFactory(channel="sms", instead_of=earlier, subject_ref=earlier.subject_ref)
    client = staff_client(StaffFactory(roles=["auditor"]))
    for message, other in ((earlier, later), (later, earlier)):
        text = client.get(reverse("admin:outbox_message_change", args=[message.pk])).content.decode()
        assert reverse("admin:outbox_message_change", args=[other.pk]) in text


def test_the_list_of_faults_names_the_message_and_no_address(gate: Gate) -> None:
    fault = AddressFaultFactory(code="NO_SUCH_ADDRESS")
    client = staff_client(StaffFactory(roles=["auditor"]))
    text = client.get(reverse("admin:outbox_addressfault_changelist")).content.decode()
    assert fault.message.reference in text
    assert "NO_SUCH_ADDRESS" in text
    assert "asha" not in text
