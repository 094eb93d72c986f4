"""E-mail without a mail server: letters lie in ``var/mailbox``, as their recipients would get them.

The embedded portal's e-mail backend. The demonstration shows the letters at ``/demo/mailbox/``; production refuses it.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

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


class MailboxBackend(BaseEmailBackend):
    """Writes each letter to a file of its own, readable by this user alone."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Each file appears whole or not at all. Raises OSError on a full disk."""
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            name = f"{time.time_ns():020d}-{secrets.token_hex(6)}"
            unfinished = folder / f"{name}.part"
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(folder / f"{name}{SUFFIX}")
        return len(email_messages)


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
    )


def _folder() -> Path:
    return Path(settings.MAILBOX)
