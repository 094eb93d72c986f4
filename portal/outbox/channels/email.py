"""E-mail through Django's configured backend."""

import contextlib
import smtplib
from email.utils import formatdate

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from portal.outbox.channels.protocol import Accepted, OutcomeUnknown, Outgoing, PermanentFailure, TemporaryFailure


class EmailChannel:
    """SMTP knows no idempotency key. A stable Message-ID lets many mailboxes show one of two copies, none promises it."""

    name = "email"
    takes_idempotency_key = False

    def send(self, outgoing: Outgoing) -> Accepted:
        """Connect, then hand over: a failure before the handing over is temporary, a break during it is unknown."""
        connection = self._connect()
        try:
            count = connection.send_messages([self._letter(outgoing, connection)])
        except smtplib.SMTPResponseException as failure:
            raise _refusal(failure.smtp_code) from None
        except smtplib.SMTPRecipientsRefused as failure:
            codes = [code for code, _text in failure.recipients.values()]
            raise _refusal(max(codes, default=0), of_recipient=True) from None
        except (smtplib.SMTPException, OSError):
            # The server's "250" may have been on its way: only the mailbox knows.
            raise OutcomeUnknown("SMTP_BROKEN_OFF") from None
        finally:
            _hang_up(connection)
        if not count:
            raise TemporaryFailure("SMTP_NOT_SENT")
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


def _refusal(code: int, *, of_recipient: bool = False) -> TemporaryFailure | PermanentFailure:
    """RFC 5321 4.2.1: 4yz is "not now", 5yz is "never"."""
    if 500 <= code < 600:
        return PermanentFailure(f"SMTP_{code}", no_such_address=of_recipient and code in NO_MAILBOX)
    return TemporaryFailure(f"SMTP_{code}")


def _hang_up(connection: BaseEmailBackend) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):  # the answer is known by now
        connection.close()
