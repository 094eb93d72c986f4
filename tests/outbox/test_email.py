import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from portal.outbox.channels import email
from portal.outbox.channels.protocol import OutcomeUnknown, Outgoing, PermanentFailure, TemporaryFailure

OUTGOING = Outgoing(
    reference="OS-MS-7K4M-9QX2-C3TY",
    channel="email",
    category="transactional",
    language="hi",
    address="asha@example.com",
    subject="सूचना",
    body="नमस्ते\n",
    message_id="<abc@onesetu.example>",
)


class Server(BaseEmailBackend):
    """A connection that fails where the test says."""

    def __init__(self, *, opening: Exception | None = None, sending: Exception | None = None) -> None:
        super().__init__()
        self.opening, self.sending, self.is_closed = opening, sending, False

    def open(self) -> bool:
        if self.opening is not None:
            raise self.opening
        return True

    def close(self) -> None:
        self.is_closed = True

    def send_messages(self, messages: Any) -> int:
        if self.sending is not None:
            raise self.sending
        return len(messages)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Server]:
    def start(**failures: Exception) -> Server:
        server = Server(**failures)
        monkeypatch.setattr(email, "get_connection", lambda **_: server)
        return server

    return start


def test_a_letter_carries_its_stable_message_id_and_its_language() -> None:
    email.EmailChannel().send(OUTGOING)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject, letter.body) == (["asha@example.com"], "सूचना", "नमस्ते\n")
    headers = letter.message()
    assert headers["Message-ID"] == "<abc@onesetu.example>"
    assert (headers["Content-Language"], headers["Auto-Submitted"]) == ("hi", "auto-generated")


@pytest.mark.parametrize(
    ("failure", "expected", "code"),
    [
        ({"opening": ConnectionRefusedError()}, TemporaryFailure, "SMTP_UNREACHABLE"),
        ({"opening": smtplib.SMTPAuthenticationError(535, b"no")}, TemporaryFailure, "SMTP_SIGN_IN_REFUSED"),
        ({"sending": smtplib.SMTPDataError(451, b"later")}, TemporaryFailure, "SMTP_451"),
        ({"sending": smtplib.SMTPDataError(554, b"never")}, PermanentFailure, "SMTP_554"),
        ({"sending": smtplib.SMTPRecipientsRefused({"x": (550, b"who")})}, PermanentFailure, "SMTP_550"),
        ({"sending": smtplib.SMTPSenderRefused(452, b"full", "x")}, TemporaryFailure, "SMTP_452"),
        ({"sending": smtplib.SMTPServerDisconnected()}, OutcomeUnknown, "SMTP_BROKEN_OFF"),
        ({"sending": TimeoutError()}, OutcomeUnknown, "SMTP_BROKEN_OFF"),
    ],
)
def test_each_failure_is_told_apart_and_quotes_nobody(
    serve: Callable[..., Server], failure: dict[str, Exception], expected: type[Exception], code: str
) -> None:
    server = serve(**failure)
    with pytest.raises(expected) as caught:
        email.EmailChannel().send(OUTGOING)
    assert str(caught.value) == code
    assert server.is_closed or "opening" in failure
