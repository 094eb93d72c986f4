"""E-mail through Django's configured backend."""

import contextlib
import re
import smtplib
from email.utils import formatdate
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from portal.kernel.outbox.channels import mail_domains
from portal.kernel.outbox.channels.protocol import (
    Accepted,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)


class EmailChannel:
    """SMTP knows no idempotency key. A stable Message-ID lets many mailboxes show one of two copies, none promises it."""

    takes_idempotency_key = False

    def send(self, outgoing: Outgoing) -> Accepted:
        """Connect, then hand over: a failure before the handing over is temporary, a break during it is unknown."""
        domain = outgoing.address.rpartition("@")[2]
        if wait := mail_domains.pause_of(domain):
            raise TemporaryFailure("SMTP_DOMAIN_PAUSED", retry_after=wait, is_untried=True)
        connection = self._connect()
        try:
            count = connection.send_messages([self._letter(outgoing, connection)])
        except smtplib.SMTPResponseException as failure:
            raise _refusal(failure.smtp_code, failure.smtp_error, domain=domain) from None
        except smtplib.SMTPRecipientsRefused as failure:
            code, text = max(failure.recipients.values(), default=(0, b""), key=lambda said: said[0])
            raise _refusal(code, text, domain=domain, of_recipient=True) from None
        except (smtplib.SMTPException, OSError):
            # The server's "250" may have been on its way: only the mailbox knows.
            raise OutcomeUnknown("SMTP_BROKEN_OFF") from None
        finally:
            _hang_up(connection)
        if not count:
            raise TemporaryFailure("SMTP_NOT_SENT")
        mail_domains.took(domain)
        return Accepted()

    def _connect(self) -> BaseEmailBackend:
        connection = get_connection(fail_silently=False)
        try:
            connection.open()
        except smtplib.SMTPAuthenticationError:
            raise TemporaryFailure("SMTP_SIGN_IN_REFUSED") from None
        except (smtplib.SMTPException, OSError):
            raise TemporaryFailure("SMTP_UNREACHABLE") from None
        return connection

    def _letter(self, outgoing: Outgoing, connection: BaseEmailBackend) -> EmailMessage:
        headers = {
            "Message-ID": outgoing.message_id,
            "Date": formatdate(localtime=False),
            "Content-Language": outgoing.language,
            # RFC 3834: no holiday replies to a machine.
            "Auto-Submitted": "auto-generated",
        }
        if outgoing.one_click:
            # RFC 8058: the mail program shows a button of its own, and a POST there needs nobody to sign in.
            headers["List-Unsubscribe"] = f"<{outgoing.one_click}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return EmailMessage(
            subject=outgoing.subject,
            body=outgoing.body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[outgoing.address],
            headers=headers,
            connection=connection,
        )


#: RFC 5321 4.2.3 about a recipient: no mailbox, not here, a name that cannot be. 552 (full) and 554 (policy) are not.
NO_MAILBOX = frozenset({550, 551, 553})
#: RFC 3463 about a recipient: no mailbox, no such system, a name that cannot be, moved, no mail taken (RFC 7505); disabled.
NO_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
#: RFC 3463 3.8: about us and what we send, whoever it is for.
POLICY = re.compile(r"[45]\.7\.\d{1,3}")
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
TOO_BUSY = 421


def _refusal(code: int, text: Any, *, domain: str, of_recipient: bool = False) -> TemporaryFailure | PermanentFailure:
    """RFC 5321 4.2.1: 4yz is "not now", 5yz is "never"; the enhanced code (RFC 3463) says what it is about.

    One about our standing with the domain says nothing of the address: it is tried again, and a domain that goes on
    refusing is left alone for a while (``mail_domains``).
    """
    said = _ENHANCED.match(text.decode("ascii", "replace") if isinstance(text, bytes) else str(text))
    enhanced = said[1] if said else ""
    is_policy = bool(POLICY.fullmatch(enhanced))
    if is_policy or code == TOO_BUSY:
        mail_domains.refused(domain)
    if 500 <= code < 600 and not is_policy:
        is_address = enhanced in NO_ADDRESS if enhanced else code in NO_MAILBOX
        return PermanentFailure(f"SMTP_{code}", no_such_address=of_recipient and is_address)
    return TemporaryFailure("SMTP_POLICY" if is_policy else f"SMTP_{code}")


def _hang_up(connection: BaseEmailBackend) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):  # the answer is known by now
        connection.close()
