"""Fetching mail by IMAP (RFC 9051), and counting every day that each mail in the mailbox became something.

The mailbox is opened for reading only: nothing in it is marked, moved or deleted, so it can be counted again at any time.
"""

import imaplib
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base.choices import MailOutcome, MailSource
from grievances.mail.models import MailCount
from grievances.mail.services import inbound_mail
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.errors import PortalError, Unavailable

log = structlog.get_logger(__name__)

#: How many days back a fetch looks, and the daily count; a technical period. What an outage hid is found by the second.
FETCH_DAYS, COUNT_DAYS = 3, 10
TIMEOUT: Final = 30.0
#: Mails of one fetch: the rest waits for the next one.
MOST: Final = 200
_DATE: Final = re.compile(rb'INTERNALDATE "([^"]+)"')


@dataclass(frozen=True)
class Fetched:
    """Counts of one fetch: taken now, and those that have to be asked for again."""

    taken: int = 0
    failed: int = 0


class NotSetUp(PortalError):
    """No mailbox is named in MAIL_IN_URL."""

    code = "NO_MAILBOX"


class Mailbox:
    """An open mailbox. ``uids`` are those since a day; ``fetch`` gives a mail and when it arrived."""

    def __init__(self, connection: imaplib.IMAP4, folder: str) -> None:
        self.connection = connection
        self.folder = folder
        self._expect(connection.select(f'"{folder}"', readonly=True))
        self.validity = _first(connection.response("UIDVALIDITY")[1])

    def uids(self, *, since: datetime) -> list[str]:
        """The numbers of the mails that arrived since that day, oldest first."""
        day = imaplib.Time2Internaldate(since).strip('"')[:11].strip()
        found = self._expect(self.connection.uid("SEARCH", f"SINCE {day}"))
        return _first(found).split()

    def place(self, uid: str) -> str:
        """The name of a mail that no other mail of any mailbox here ever has (RFC 9051, 2.3.1.1)."""
        return f"{self.folder}:{self.validity}:{uid}"

    def fetch(self, uid: str) -> tuple[bytes, datetime | None]:
        """The mail and when it arrived. Empty bytes for one that is gone meanwhile."""
        found = self._expect(self.connection.uid("FETCH", uid, "(INTERNALDATE BODY.PEEK[])"))
        for piece in found:
            if isinstance(piece, tuple):
                return piece[1], _arrived(piece[0])
        return b"", None

    def _expect(self, answer: tuple[str, list[Any]]) -> list[Any]:
        status, found = answer
        if status != "OK":
            raise Unavailable(_("The mailbox refused."), code="MAILBOX_REFUSED")
        return found


def _first(found: list[Any]) -> str:
    return found[0].decode("ascii", "replace") if found and isinstance(found[0], bytes) else ""


def _arrived(head: bytes) -> datetime | None:
    match = _DATE.search(head)
    if match is None:
        return None
    try:
        return datetime.strptime(match.group(1).decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


@contextmanager
def opened() -> Iterator[Mailbox]:
    """The mailbox of MAIL_IN_URL. Raises NotSetUp without one, Unavailable when it cannot be reached or refuses us.

    TLS with the certificate checked; ``imap://`` without it only for a host of ours (OUTGOING_PRIVATE_HOSTS).
    """
    parts = urlsplit(settings.MAIL_IN_URL)
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname:
        raise NotSetUp(_("Set MAIL_IN_URL to fetch mail."))
    if parts.scheme == "imap" and f"{parts.hostname}:{parts.port or 143}" not in settings.OUTGOING_PRIVATE_HOSTS:
        raise NotSetUp(_("A mailbox elsewhere is fetched with TLS: set MAIL_IN_URL to imaps://."))
    try:
        if parts.scheme == "imaps":
            context = ssl.create_default_context()
            connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                parts.hostname, parts.port or 993, ssl_context=context, timeout=TIMEOUT
            )
        else:
            connection = imaplib.IMAP4(parts.hostname, parts.port or 143, timeout=TIMEOUT)
        with connection:
            connection.login(unquote(parts.username or ""), unquote(parts.password or ""))
            yield Mailbox(connection, unquote(parts.path.strip("/")) or "INBOX")
    except (imaplib.IMAP4.error, OSError) as error:
        log.warning("grievances.mailbox_unreachable", error=type(error).__name__)
        raise Unavailable(_("The mailbox cannot be reached now."), code="NO_MAILBOX") from None


def fetch(*, now: datetime, days: int = FETCH_DAYS) -> Fetched:
    """Take every mail of these days that was not seen yet, each in its own transaction; a bad one stops no other."""
    with opened() as mailbox:
        return _take_unseen(mailbox, mailbox.uids(since=now - timedelta(days=days)), now)


def _take_unseen(mailbox: Mailbox, uids: list[str], now: datetime) -> Fetched:
    taken = failed = 0
    keys = {uid: inbound_mail.key_of(MailSource.IMAP, mailbox.place(uid)) for uid in uids}
    seen = inbound_mail.outcomes_of(list(keys.values()))
    for uid in uids:
        if taken + failed >= MOST:
            break
        if keys[uid] in seen:
            continue
        became = _take(mailbox, uid, now)
        taken, failed = taken + (became is True), failed + (became is False)
    return Fetched(taken, failed)


def _take(mailbox: Mailbox, uid: str, now: datetime) -> bool | None:
    """Whether a mail was taken; None for one that is gone meanwhile. Only a connection that breaks off raises."""
    try:
        raw, arrived_at = mailbox.fetch(uid)
    except PortalError as error:
        log.warning("grievances.mail_put_off", code=error.code)
        return False
    if not raw:
        return None
    try:
        inbound_mail.take(
            raw, source=MailSource.IMAP, place=mailbox.place(uid), arrived_at=arrived_at or now, now=clock.now()
        )
    except PortalError as error:
        log.warning("grievances.mail_put_off", code=error.code)
        return False
    except Exception as crash:  # noqa: BLE001 - whatever is wrong with one mail, those behind it are taken all the same
        log.error("grievances.mail_crashed", error=type(crash).__name__)  # noqa: TRY400 - it may quote the mail
        return False
    return True


def reconcile(*, now: datetime, days: int = COUNT_DAYS) -> MailCount:
    """Count the mailbox: each mail of these days is a grievance, a line of one, or ignored with a reason. Writes the count.

    A mail that a fetch missed is taken now. ``unexplained`` are those that still are nothing: they can be read in the mailbox.
    """
    with opened() as mailbox:
        uids = mailbox.uids(since=now - timedelta(days=days))
        found = _take_unseen(mailbox, uids, now)
        keys = [inbound_mail.key_of(MailSource.IMAP, mailbox.place(uid)) for uid in uids]
    outcomes = Counter(inbound_mail.outcomes_of(keys).values())
    with transaction.atomic():
        count = MailCount.objects.create(
            counted_at=now,
            days=days,
            in_mailbox=len(keys),
            tickets=outcomes[MailOutcome.TICKET],
            lines=outcomes[MailOutcome.LINE],
            ignored=outcomes[MailOutcome.IGNORED],
            found_now=found.taken,
            unexplained=len(keys) - outcomes.total(),
        )
        record(
            AuditKind.GRIEVANCES_MAIL_COUNTED,
            actor=inbound_mail.RECEIVER,
            about=f"grievances.mailcount:{count.pk}",
            facts={"count": count.in_mailbox, "ignored": count.ignored, "unexplained": count.unexplained},
            at=now,
        )
    if count.unexplained:
        log.error("grievances.mail_unexplained", count=count.unexplained)
    return count
