"""A client's own systems tell that somebody stopped all its promotion: it lands where every withdrawal lands."""

from typing import Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from consent.base.choices import Way
from consent.records.services.consent_events import fiduciary_of
from consent.suppressions.services.address_opt_outs import stop_at_address
from portal.fronts.api.keys import Key, actor_of, holder
from portal.fronts.api.request_schemas import BodyIn, MomentOfIndia, said_at
from portal.kernel.core import clock
from portal.kernel.people.choices import ApiScope

router = Router()


class StopIn(BodyIn):
    """Where somebody stopped everything promotional. One purpose alone: ``/consents/withdraw``."""

    kind: Literal["phone", "email"]
    address: str = Field(max_length=254)
    at: MomentOfIndia | None = Field(
        default=None, description="When the person made the choice; with its offset from UTC"
    )


class StopOut(Schema):
    """``receipt`` is empty where all of it had been stopped already."""

    receipt: str
    recorded: bool


@router.post(
    "/stops",
    auth=Key(ApiScope.CONSENTS_WRITE),
    response=StopOut,
    summary="Stop everything promotional at an address",
    operation_id="stop_all",
)
def stop_all(request: HttpRequest, given: StopIn) -> StopOut:
    """For the key's fiduciary only. An unknown number is stopped too.

    Safe to repeat: the same again changes nothing. With another ``at`` it was said another time: recorded and confirmed.
    """
    receipt = stop_at_address(
        kind=given.kind,
        address=given.address,
        fiduciary=fiduciary_of(holder(request).fiduciary),
        way=Way.API,
        actor=actor_of(request),
        occurred_at=said_at(given.at, now=clock.now()) if given.at is not None else None,
    )
    return StopOut(receipt=receipt.reference if receipt else "", recorded=receipt is not None)
