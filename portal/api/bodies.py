"""What every body that a client writes has in common."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict
from pydantic_core import PydanticCustomError

from consent.services.told_times import tolerance
from portal.core import clock, time_range
from portal.core.errors import Refused


def _within(given: datetime) -> datetime:
    try:
        return time_range.moment(given)
    except time_range.OutOfRange as refusal:
        raise PydanticCustomError("out_of_range", "{said}", {"said": str(refusal)}) from None


#: An instant with its offset from UTC, within the range that the portal takes.
Moment = Annotated[AwareDatetime, AfterValidator(_within)]
#: The same, where one without its offset is Indian time.
MomentOfIndia = Annotated[datetime, AfterValidator(_within)]


class BodyIn(Schema):
    """A body whose every field is ours: one that is misspelt is refused, not left out in silence."""

    model_config = ConfigDict(extra="forbid")


def said_at(given: datetime | None, *, now: datetime) -> datetime:
    """When somebody said something, by the client's clock: now when left out, and never later than now.

    Raises Refused for a time that no clock's fault explains.
    """
    if given is None:
        return now
    at = given if given.tzinfo else given.replace(tzinfo=clock.IST)
    if at > now and at > now + tolerance(at=now):
        raise Refused("This lies in the future.", code="OCCURRED_IN_FUTURE")
    return min(at, now)
