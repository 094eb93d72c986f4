"""Mail that a mail service hands over: the message itself, signed, taken once."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from grievances.services import mailing
from grievances.states import MailSource
from portal.api import signed_bodies, sizes
from portal.core import clock, signed_messages

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
    signed_bodies.require_size(request, sizes.LONGEST_MAIL)
    raw = request.read(sizes.LONGEST_MAIL)
    name = signed_messages.verify(request.headers, raw, secrets=settings.MAIL_IN_SECRETS, now=now)
    mailing.take(raw, source=MailSource.WEBHOOK, place=name, arrived_at=now, now=now)
    return MailOut(taken=True)
