"""What people write back, press or ring: told by the gateway in signed messages, each taken once."""

from typing import Any, Final, Literal

import structlog
from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ValidationError as Malformed

from consent.services import inbound
from consent.services.inbound import Inbound
from portal.api import signed_bodies
from portal.core import clock
from portal.core.text import without_hiding_marks
from portal.law.states import Channel

log = structlog.get_logger(__name__)
router = Router()

#: A hundred messages of the longest text are some four hundred thousand bytes; gateways send far shorter ones.
LONGEST: Final = 256 * 1024
MOST: Final = 100


class InboundIn(Schema):
    """One message, key press or missed call. An unfit ``at`` is left out: that somebody wrote counts."""

    id: str = Field(
        pattern=signed_bodies.NAME, description="The gateway's own name of it; told again it changes nothing"
    )
    channel: Literal["sms", "whatsapp", "rcs", "voice"]
    kind: Literal["text", "key_press", "missed_call"] = "text"
    sender: str = Field(alias="from", max_length=40, description="The person's number")
    to: str = Field(default="", max_length=80, description="The header, number, code or agent that was written to")
    text: str = Field(default="", max_length=4000, description="What was written, or the keys that were pressed")
    answers: str = Field(default="", max_length=40, description="Our reference of the message that was answered")
    at: signed_bodies.TimeOrNone = Field(default=None, description="When it was sent; with its offset from UTC")


class InboundsIn(Schema):
    """The envelope. Each message is read by itself: one that nobody can read must not hold up the others."""

    messages: list[Any] = Field(max_length=MOST)


class InboundOut(Schema):
    """``new`` were taken now, ``known`` before. Nothing is said of what followed: the person is told, not the gateway."""

    new: int
    known: int
    unreadable: int


@router.post(
    "/inbound-messages",
    auth=None,
    response=InboundOut,
    summary="Tell what people wrote back",
    operation_id="take_inbound_messages",
    openapi_extra=signed_bodies.described_lines("messages", InboundIn, most=MOST),
)
def take_inbound_messages(request: HttpRequest) -> InboundOut:
    """Signed as delivery reports are (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).

    The same message again, alone or among others, changes nothing.
    """
    now = clock.now()
    _name, given = signed_bodies.from_gateway(request, InboundsIn, longest=LONGEST, now=now)
    readable = [message for message in map(_message, given.messages) if message is not None]
    taken = inbound.take(readable, now=now)
    unreadable = taken.unreadable + len(given.messages) - len(readable)
    if unreadable:
        log.warning("inbound.unreadable", count=unreadable)
    return InboundOut(new=taken.new, known=taken.known, unreadable=unreadable)


def _message(given: object) -> Inbound | None:
    try:
        row = InboundIn.model_validate(given)
    except Malformed:
        return None
    at = row.at if row.at is None or row.at.tzinfo else row.at.replace(tzinfo=clock.IST)
    return Inbound(
        name=row.id,
        channel=Channel(row.channel),
        sender=row.sender,
        to=row.to,
        text=without_hiding_marks(row.text),
        kind=row.kind,
        answers=row.answers,
        said_at=at,
    )
