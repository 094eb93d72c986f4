"""``/api/v1/sender``: may the key's fiduciary send at all, and how does its KYC stand?"""

from datetime import date

from django.http import HttpRequest
from ninja import Field, Router, Schema

from consent.base.rules.contact import Reason
from consent.decisions.services import sender_status
from portal.fronts.api.keys import Key, holder
from portal.kernel.core import clock

router = Router(auth=Key(), tags=["Decisions"])


class SenderOut(Schema):
    """``may_send`` is about the sender alone: each message is asked about all the same."""

    fiduciary: str
    may_send: bool
    reason: Reason | None = Field(description="Why nothing may be sent; the code that decisions have")
    sentence: str | None
    kyc: str = Field(description="verified, expiring, expired, none; not_asked where no customer is linked")
    renew_by: date | None = Field(description="The last day on which the present verification counts")


@router.get("/sender", response=SenderOut, summary="State of the sender", operation_id="read_sender")
def read_sender(request: HttpRequest) -> SenderOut:
    """Account and KYC of whoever the key stands for, today in India."""
    code = holder(request).fiduciary
    found = sender_status.standing(code, at=clock.now())
    return SenderOut(
        fiduciary=code,
        may_send=found.account.refusal is None,
        reason=found.account.refusal,
        sentence=found.sentence,
        kyc=found.account.kyc,
        renew_by=found.account.renew_by,
    )
