"""What people write back, press or ring: told by the gateway in signed messages, each taken once."""

from typing import Annotated, Any, Final, Literal

import structlog
from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import BeforeValidator
from pydantic import ValidationError as Malformed

from consent.collection.services import deferred_opt_outs, inbound_replies
from consent.collection.services.inbound_replies import Inbound
from portal.fronts.api import signed_requests
from portal.kernel.core import clock
from portal.kernel.core.spool import AWAY
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.law.choices import Channel

log = structlog.get_logger(__name__)
router = Router()

#: A hundred messages of the longest text are some four hundred thousand bytes; gateways send far shorter ones.
LONGEST: Final = 256 * 1024
MOST: Final = 100


#: Of what was written so much is read, as much as a grievance of a reply holds; a stop stands at its head or its end.
TEXT_LENGTH: Final = 4000


def _beside(given: Any) -> str:
    """What stands beside the message and is unfit is left out; a short code may come as a number."""
    return str(given) if isinstance(given, str | int) else ""


def _head_and_end(given: Any) -> Any:
    if not isinstance(given, str) or len(given) <= TEXT_LENGTH:
        return given
    half = (TEXT_LENGTH - 3) // 2
    return f"{given[:half]}\n…\n{given[-half:]}"


class InboundIn(Schema):
    """One message, key press or missed call. An unfit ``at``, ``to`` or ``answers`` is left out: that somebody wrote counts.

    Of a text that is too long the head and the end are read.
    """

    id: str = Field(
        pattern=signed_requests.NAME, description="The gateway's own name of it; reported again it changes nothing"
    )
    channel: Literal["sms", "whatsapp", "rcs", "voice"]
    kind: Literal["text", "key_press", "missed_call"] = "text"
    sender: str = Field(alias="from", max_length=40, description="The person's number")
    to: Annotated[str, BeforeValidator(_beside)] = Field(
        default="", description="The header, number, code or agent that was written to"
    )
    text: Annotated[str, BeforeValidator(_head_and_end)] = Field(
        default="", description="What was written, or the keys that were pressed"
    )
    answers: Annotated[str, BeforeValidator(_beside)] = Field(
        default="", description="Our reference of the message that was answered"
    )
    at: signed_requests.TimeOrNone = Field(default=None, description="When it was sent; with its offset from UTC")


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
    summary="Report what people wrote back",
    operation_id="take_inbound_messages",
    openapi_extra=signed_requests.described_lines("messages", InboundIn, most=MOST),
)
def take_inbound_messages(request: HttpRequest) -> InboundOut:
    """Signed as delivery reports are (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).

    The same message again, alone or among others, changes nothing. While the database is away they are kept on this
    machine's disk, all of them, and count as new.
    """
    now = clock.now()
    name, given = signed_requests.from_gateway(request, InboundsIn, longest=LONGEST, now=now)
    readable = [message for message in map(_message, given.messages) if message is not None]
    try:
        taken = inbound_replies.take(readable, now=now)
    except AWAY:  # nobody sends a STOP twice: it is kept here, and carried out with its time when the database is back
        deferred_opt_outs.keep_messages(readable, name=name, at=now)
        taken = inbound_replies.Taken(new=len(readable))
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
        to=row.to[:80],
        text=without_hiding_marks(row.text),
        kind=row.kind,
        answers=row.answers[:40],
        said_at=at,
    )
