"""Mail that a mail service hands over: the message itself, signed, taken once."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from grievances.base.choices import MailSource
from grievances.mail.services import inbound_mail
from portal.fronts.api import signed_requests, upload_limits
from portal.kernel.core import clock, webhook_signatures

router = Router()

_RAW: Final = {"type": "string", "format": "binary", "description": "The message as it arrived (RFC 5322)"}


class MailOut(Schema):
    """Nothing is said of what followed: the person is told, not the mail service."""

    taken: bool


@router.post(
    "/inbound-mail",
    auth=None,
    response=MailOut,
    summary="Hand over a mail",
    operation_id="take_inbound_mail",
    openapi_extra={"requestBody": {"required": True, "content": {"message/rfc822": {"schema": _RAW}}}},
)
def take_inbound_mail(request: HttpRequest) -> MailOut:
    """The body is the mail as it arrived; signed as delivery reports are, with one of ``MAIL_IN_SECRETS``.

    The same mail again, under the same name or another, changes nothing. 503: hand it over again after a while.
    """
    now = clock.now()
    signed_requests.require_size(request, upload_limits.LONGEST_MAIL)
    raw = request.read(upload_limits.LONGEST_MAIL)
    name = webhook_signatures.verify(request.headers, raw, secrets=settings.MAIL_IN_SECRETS, now=now)
    inbound_mail.take(raw, source=MailSource.WEBHOOK, place=name, arrived_at=now, now=now)
    return MailOut(taken=True)
