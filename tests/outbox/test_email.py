import smtplib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend

from portal.kernel.outbox.channels import email, mail_domains
from portal.kernel.outbox.channels.protocol import OutcomeUnknown, Outgoing, PermanentFailure, TemporaryFailure

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


@pytest.fixture(autouse=True)
def no_domain_paused() -> None:
    """A domain that another test had paused would take no letter here."""
    cache.clear()


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


def of_recipient(code: int, text: bytes) -> dict[str, Exception]:
    return {"sending": smtplib.SMTPRecipientsRefused({"x": (code, text)})}


@pytest.mark.parametrize(
    ("code", "text", "expected", "is_address"),
    [
        (550, b"5.1.1 no such user asha", PermanentFailure, True),
        (550, b"5.1.10 mail not taken", PermanentFailure, True),
        (550, b"5.2.1 mailbox disabled", PermanentFailure, True),
        (550, b"5.2.2 mailbox full", PermanentFailure, False),
        (550, b"5.7.1 blocked by policy", TemporaryFailure, False),
        (550, b"5.7.26 not authenticated", TemporaryFailure, False),
        (554, b"5.7.1 blocked", TemporaryFailure, False),
        (550, b"mailbox unavailable", PermanentFailure, True),
        (550, b"5.1.1234 nonsense", PermanentFailure, True),
        (551, b"not local", PermanentFailure, True),
        (552, b"5.1.1 no such user", PermanentFailure, True),
        (450, b"4.2.1 later", TemporaryFailure, False),
    ],
)
def test_an_address_is_at_fault_only_where_the_enhanced_code_is_about_the_address(
    serve: Callable[..., Server], code: int, text: bytes, expected: type[Exception], is_address: bool
) -> None:
    serve(**of_recipient(code, text))
    with pytest.raises(expected) as caught:
        email.EmailChannel().send(OUTGOING)
    assert getattr(caught.value, "no_such_address", False) is is_address
    assert "asha" not in str(caught.value)


def test_a_domain_that_goes_on_refusing_us_is_left_alone_and_others_are_not(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    server = serve(**of_recipient(550, b"5.7.1 blocked"))
    monkeypatch.setattr(server, "open", lambda: opened.append("x") or True)
    for _ in range(mail_domains.MOST):
        with pytest.raises(TemporaryFailure, match="SMTP_POLICY"):
            email.EmailChannel().send(OUTGOING)
    with pytest.raises(TemporaryFailure, match="SMTP_DOMAIN_PAUSED") as paused:
        email.EmailChannel().send(OUTGOING)
    assert (paused.value.is_untried, paused.value.retry_after) == (True, mail_domains.PAUSE)
    assert len(opened) == mail_domains.MOST
    with pytest.raises(TemporaryFailure, match="SMTP_POLICY"):
        email.EmailChannel().send(replace(OUTGOING, address="ravi@other.example"))


def test_a_letter_that_a_domain_takes_ends_what_it_refused_before(serve: Callable[..., Server]) -> None:
    for _ in range(3):
        serve(**of_recipient(550, b"5.7.1 blocked"))
        for _refusal in range(mail_domains.MOST - 1):
            with pytest.raises(TemporaryFailure, match="SMTP_POLICY"):
                email.EmailChannel().send(OUTGOING)
        serve()
        email.EmailChannel().send(OUTGOING)


def test_a_cache_that_is_away_stops_no_letter(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*given: Any, **more: Any) -> None:
        raise ConnectionError

    for name in ("get", "add", "incr", "delete"):
        monkeypatch.setattr(mail_domains.cache, name, away)
    serve()
    email.EmailChannel().send(OUTGOING)
    serve(**of_recipient(550, b"5.7.1 blocked"))
    with pytest.raises(TemporaryFailure, match="SMTP_POLICY"):
        email.EmailChannel().send(OUTGOING)
