"""What banks and registers tell about a question of ours after a while: in their own form, signed in their own way."""

from typing import Any, Final

import structlog
from django.http import HttpRequest
from ninja import Router, Schema

from kyc.cases.providers.interface import Unanswered
from kyc.review.services.provider_requests import take_message as take_provider_message
from portal.fronts.api import signed_requests
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused

log = structlog.get_logger(__name__)
router = Router()

#: One answer is some two thousand bytes.
LONGEST: Final = 64 * 1024
BODY: Final[dict[str, Any]] = {"type": "object", "description": "The provider's own message, signed as it signs them"}


class ToldOut(Schema):
    """``new``: the answer was not known before. Nothing is said of what followed."""

    new: bool


@router.post(
    "/kyc/providers/{name}/answers",
    auth=None,
    response=ToldOut,
    summary="Report the answer to a question about a number",
    operation_id="take_provider_answer",
    openapi_extra=signed_requests.described(BODY),
)
def take_provider_answer(request: HttpRequest, name: str) -> ToldOut:
    """For the bank's penny drop (``bank``): ``x-razorpay-signature`` is the HMAC-SHA256 of the body, in hex.

    The same answer again changes nothing and is answered the same way. One that is about nothing we asked is taken, too,
    and changes nothing: its sender shall stop.
    """
    signed_requests.require_size(request, LONGEST)
    try:
        return ToldOut(new=take_provider_message(name, headers=request.headers, body=request.body, now=clock.now()))
    except Unanswered as fault:
        log.warning("kyc.provider_message_unreadable", provider=name, code=fault.code)
        raise Refused("This message cannot be read.", code="UNREADABLE") from None
