import stat
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import override_settings

from portal.kernel.outbox import mailbox, system_checks


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: object) -> Path:
    settings.MAILBOX = tmp_path / "mailbox"  # type: ignore[attr-defined]
    return tmp_path / "mailbox"


def send(subject: str = "सूचना", to: str = "asha@acme.example") -> None:
    headers = {"Message-ID": "<1@x>", "Content-Language": "hi"}
    letter = EmailMessage(subject, "नमस्ते\n", "privacy@onesetu.example", [to], headers=headers)
    mailbox.MailboxBackend().send_messages([letter])


def test_a_letter_reads_as_its_recipient_would_get_it() -> None:
    send()
    (name,) = mailbox.names()
    letter = mailbox.letter(name)
    assert letter is not None
    assert (letter.to, letter.subject, letter.body.strip()) == ("asha@acme.example", "सूचना", "नमस्ते")
    assert (letter.message_id, letter.language) == ("<1@x>", "hi")


def test_the_newest_letter_comes_first_and_no_name_says_whose_it_is() -> None:
    send("first")
    send("second")
    found = [mailbox.letter(name) for name in mailbox.names()]
    assert [letter.subject for letter in found if letter] == ["second", "first"]
    assert "asha" not in "".join(mailbox.names())


def test_letters_are_readable_by_their_user_alone(folder: Path) -> None:
    send()
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["../../etc/passwd", "nothing", "", "."])
def test_a_name_that_is_no_letter_gives_nothing(name: str) -> None:
    assert mailbox.letter(name) is None


def test_production_without_a_mail_server_is_refused() -> None:
    assert system_checks.production_sends_email(None) == []
    with override_settings(PRODUCTION=True, EMAIL_CONFIG={}):
        assert [error.id for error in system_checks.production_sends_email(None)] == ["outbox.E001"]
    with override_settings(PRODUCTION=True, EMAIL_CONFIG={"EMAIL_HOST": "mail.example"}):
        assert system_checks.production_sends_email(None) == []


def test_a_lease_shorter_than_a_send_is_refused_in_production() -> None:
    with override_settings(PRODUCTION=True, OUTBOX_LEASE_SECONDS=20, EMAIL_TIMEOUT=20):
        assert [error.id for error in system_checks.a_lease_outlasts_a_send(None)] == ["outbox.E002"]
    with override_settings(PRODUCTION=True, OUTBOX_LEASE_SECONDS=120, EMAIL_TIMEOUT=20):
        assert system_checks.a_lease_outlasts_a_send(None) == []
