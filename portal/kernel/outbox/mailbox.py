"""Messages without a server to carry them: they lie in ``var/mailbox``, as their recipients would get them.

The embedded portal's e-mail backend. The demonstration shows the letters at ``/demo/mailbox/``; production refuses it.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from portal.kernel.law.choices import Channel
from portal.kernel.outbox.channels.protocol import Outgoing

SUFFIX = ".eml"


@dataclass(frozen=True)
class Letter:
    """One letter in the mailbox. ``name`` is its place there and says nothing about anybody."""

    name: str
    arrived_at: datetime
    to: str = field(repr=False)
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    message_id: str = ""
    language: str = ""
    channel: str = "email"

    @property
    def channel_name(self) -> str:
        """The channel as people call it."""
        return str(Channel(self.channel).label)


class MailboxBackend(BaseEmailBackend):
    """Writes each letter to a file of its own, readable by this user alone."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Each file appears whole or not at all. Raises OSError on a full disk."""
        for message in email_messages:
            _put(message.message().as_bytes(), secrets.token_hex(6))
        return len(email_messages)


def keep(outgoing: Outgoing) -> None:
    """Put a message of another channel beside the letters, once however often it comes. Raises OSError on a full disk."""
    mark = hashlib.sha256(outgoing.idempotency_key.encode()).hexdigest()[:24]
    if next(_folder().glob(f"*-{mark}{SUFFIX}"), None) is not None:
        return
    letter = MimeMessage()
    letter["Subject"], letter["To"], letter["From"] = outgoing.subject, outgoing.address, outgoing.sender.header
    letter["X-Channel"], letter["Content-Language"] = outgoing.channel, outgoing.language
    letter["Message-ID"] = outgoing.message_id
    letter.set_content(outgoing.body)
    _put(letter.as_bytes(), mark)


def _put(letter: bytes, mark: str) -> None:
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{time.time_ns():020d}-{mark}"
    unfinished = folder / f"{name}.part"
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(letter)
    unfinished.rename(folder / f"{name}{SUFFIX}")


def names() -> list[str]:
    """Every letter's name, the newest first."""
    return sorted((path.stem for path in _folder().glob(f"*{SUFFIX}")), reverse=True)


def letter(name: str) -> Letter | None:
    """One letter; None when there is none of that name."""
    path = _folder() / f"{name}{SUFFIX}"
    if not name.replace("-", "").isalnum() or not path.is_file():
        return None
    parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = parsed.get_body(preferencelist=("plain",))
    return Letter(
        name=name,
        arrived_at=datetime.fromtimestamp(int(name.split("-", maxsplit=1)[0]) / 1e9, tz=UTC),
        to=str(parsed["To"] or ""),
        sender=str(parsed["From"] or ""),
        subject=str(parsed["Subject"] or ""),
        body=str(body.get_content()) if body is not None else "",
        message_id=str(parsed["Message-ID"] or ""),
        language=str(parsed["Content-Language"] or ""),
        channel=str(parsed["X-Channel"] or "email"),
    )


def _folder() -> Path:
    return Path(settings.MAILBOX)
