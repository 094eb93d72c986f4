"""What every body that a client writes has in common."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import AfterValidator, AwareDatetime, ConfigDict
from pydantic_core import PydanticCustomError

from consent.records.selectors.undos import tolerance
from portal.kernel.core import clock, strict_json, time_range
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import without_hiding_marks


def _within(given: datetime) -> datetime:
    try:
        return time_range.moment(given)
    except time_range.OutOfRange as refusal:
        raise PydanticCustomError("out_of_range", "{said}", {"said": str(refusal)}) from None


#: An instant with its offset from UTC, within the range that the portal takes.
Moment = Annotated[AwareDatetime, AfterValidator(_within)]
#: The same, where one without its offset is Indian time.
MomentOfIndia = Annotated[datetime, AfterValidator(_within)]


#: Words that are kept and that pages show: what would turn or hide other words there is left out, as of a form's fields.
Words = Annotated[str, AfterValidator(without_hiding_marks)]


class BodyIn(Schema):
    """A body whose every field is ours: one that is misspelt is refused, not left out in silence."""

    model_config = ConfigDict(extra="forbid")


class StrictParser(Parser):
    """Reads the bodies of the library's own operations. What it raises comes as the cause of the library's error."""

    def parse_body(self, request: HttpRequest) -> Any:
        return strict_json.loads(request.body)


def said_at(given: datetime | None, *, now: datetime) -> datetime:
    """When somebody said something, by the client's clock: now when left out, and never later than now.

    Raises Refused for a time that no clock's fault explains.
    """
    if given is None:
        return now
    at = given if given.tzinfo else given.replace(tzinfo=clock.IST)
    if at > now and at > now + tolerance(at=now):
        raise Refused("This is in the future.", code="OCCURRED_IN_FUTURE")
    return min(at, now)
