import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from portal.demo.gateway import MailboxChannel
from portal.kernel.core import clock
from portal.kernel.outbox import mailbox
from portal.kernel.outbox.channels.protocol import Outgoing
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, post
from tests.outbox.factories import KIND, add_purposes, answering_gate, use_template

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def letters(tmp_path: Path, settings: Any) -> None:
    settings.MAILBOX, settings.DEMO = tmp_path / "mailbox", True
    for to, subject in (("asha@acme.example", "Your code"), ("bina@acme.example", "A <b>notice</b>")):
        body = "Read http://localhost:8000/privacy/ <script>alert(1)</script>\n"
        mailbox.MailboxBackend().send_messages([EmailMessage(subject, body, "privacy@onesetu.example", [to])])


def test_the_newest_letters_are_listed_without_a_login(client: Client) -> None:
    page = client.get(reverse("demo:mailbox")).content.decode()
    assert page.index("A &lt;b&gt;notice") < page.index("Your code")


def test_a_letter_opens_with_its_links_and_without_its_markup(client: Client, settings: Any) -> None:
    settings.SITE_URL = "http://localhost:8000"
    page = client.get(reverse("demo:letter", args=[mailbox.names()[0]])).content.decode()
    assert 'href="http://localhost:8000/privacy/"' in page
    assert "<script>alert" not in page


def test_a_letter_of_before_leads_to_where_the_demonstration_is_served_now(client: Client, settings: Any) -> None:
    letter = reverse("demo:letter", args=[mailbox.names()[0]])
    settings.SITE_URL = "http://localhost:8114"
    assert 'href="http://localhost:8114/privacy/"' in client.get(letter).text
    settings.SITE_URL = "https://privacy.onesetu.example"  # somebody said where: the letter stays as it was written
    assert 'href="http://localhost:8000/privacy/"' in client.get(letter).text


def test_a_search_finds_letters_to_an_address_and_keeps_it_out_of_the_url(client: Client) -> None:
    page = client.post(reverse("demo:mailbox"), {"to": "ASHA@"}).content.decode()
    assert "Your code" in page
    assert "notice" not in page
    assert "no letter to this address" in client.post(reverse("demo:mailbox"), {"to": "nobody"}).content.decode()


def test_a_letter_that_is_not_there_is_a_404(client: Client) -> None:
    assert client.get(reverse("demo:letter", args=["1-nothing"])).status_code == 404


def test_outside_the_demonstration_there_is_no_mailbox(client: Client, settings: Any) -> None:
    settings.DEMO = False
    assert client.get(reverse("demo:mailbox")).status_code == 404
    assert client.get(reverse("demo:letter", args=[mailbox.names()[0]])).status_code == 404


def test_a_message_of_another_channel_lies_beside_the_letters_once(client: Client) -> None:
    sms = Outgoing("OS-MS-1", "sms", "transactional", "hi", "+919876543210", "सूचना", "आपका कोड 123456", "k")
    for _ in range(2):
        MailboxChannel().send(sms)
    assert len(mailbox.names()) == 3
    page = client.post(reverse("demo:mailbox"), {"to": "98765 43210"}).content.decode()
    assert "सूचना" in page
    assert "SMS" in page
    letter = client.get(reverse("demo:letter", args=[mailbox.names()[0]])).content.decode()
    assert "123456" in letter


def test_the_demonstrations_gateway_reports_what_it_delivered(
    settings: Any, monkeypatch: pytest.MonkeyPatch, workers: None
) -> None:
    settings.OUTBOX_CHANNELS = {"sms": "portal.demo.gateway.MailboxChannel"}
    add_purposes()
    use_template(monkeypatch)
    with answering_gate(monkeypatch):
        message = post(
            kind=KIND,
            subject_ref=uuid4(),
            channel="sms",
            address="+919876543210",
            language="en",
            purpose="support",
            about="tests.thing:1",
            context={"reference": "x"},
        )
        end = time.monotonic() + 30
        while time.monotonic() < end and message.state != MessageState.DELIVERED:
            delivery.deliver(message.pk, now=clock.now())
            time.sleep(0.1)
            message = Message.objects.get(pk=message.pk)
    assert message.state == MessageState.DELIVERED
