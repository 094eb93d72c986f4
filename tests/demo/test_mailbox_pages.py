from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from portal.outbox import mailbox

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


def test_a_letter_opens_with_its_links_and_without_its_markup(client: Client) -> None:
    page = client.get(reverse("demo:letter", args=[mailbox.names()[0]])).content.decode()
    assert 'href="http://localhost:8000/privacy/"' in page
    assert "<script>alert" not in page


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
