"""What recipients tell us: how far they are with our instructions, and what sending systems have sent. Signed by each."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, TypeVar

from django.http import HttpRequest
from ninja import Field, Router, Schema

from portal.fronts.api import signed_requests
from portal.fronts.api.request_schemas import BodyIn, MomentOfIndia
from portal.kernel.core import addresses, clock, webhook_signatures
from portal.kernel.core.errors import Refused
from portal.kernel.core.webhook_signatures import BadSignature
from portal.kernel.law.choices import MESSAGE_CHANNELS
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import instruction_status
from portal.kernel.registers.recipients.services.instruction_status import Said, Sent, Taken

router = Router()

#: Five hundred lines are some sixty thousand bytes.
LONGEST: Final = 128 * 1024
MOST: Final = 500
S = TypeVar("S", bound=Schema)


class StepIn(BodyIn):
    """How far one instruction is. ``acted`` says ``acknowledged`` too."""

    instruction: str = Field(max_length=24, description="Our reference, like OS-IN-7K4M-9QXW")
    state: str = Field(pattern="^(acknowledged|acted)$")
    at: MomentOfIndia | None = Field(default=None, description="Since when; with its offset from UTC")


class StepsIn(BodyIn):
    acknowledgements: Annotated[list[StepIn], Field(max_length=MOST)]


class SendIn(BodyIn):
    """One message that left you. Only hashes of ``to`` and ``reference`` are kept."""

    reference: str = Field(min_length=1, max_length=200, description="Your own reference of the message")
    to: str = Field(max_length=254, description="The email address or number it went to")
    purpose: str = Field(pattern="^[a-z_]{1,40}$", description="The purpose's code, like marketing")
    channel: str = Field(pattern=f"^({'|'.join(MESSAGE_CHANNELS)})$")
    at: MomentOfIndia = Field(description="When it left; with its offset from UTC")


class SendsIn(BodyIn):
    sends: Annotated[list[SendIn], Field(max_length=MOST)]


class AnswerOut(Schema):
    """``new`` lines were kept, ``known`` ones had been, ``unknown`` ones name nothing of yours."""

    new: int
    known: int
    unknown: int
    replayed: bool


@router.post(
    "/recipients/{code}/acknowledgements",
    auth=None,
    response=AnswerOut,
    summary="Acknowledge instructions, or say that they are done",
    operation_id="take_acknowledgements",
    openapi_extra=signed_requests.described_lines("acknowledgements", StepIn, most=MOST),
)
def take_acknowledgements(request: HttpRequest, code: str) -> AnswerOut:
    """Signed as Standard Webhooks asks, with the secret we share. The same message again changes nothing."""

    def keep(recipient: Recipient, webhook_id: str, given: StepsIn, now: datetime) -> Taken:
        said = [
            Said(row.instruction.strip().upper(), FactKind(row.state), _aware(row.at)) for row in given.acknowledgements
        ]
        return instruction_status.take(recipient, webhook_id=webhook_id, said=said, now=now)

    return _taken(request, code, StepsIn, keep)


@router.post(
    "/recipients/{code}/sends",
    auth=None,
    response=AnswerOut,
    summary="Report which messages were sent",
    operation_id="take_reported_sends",
    openapi_extra=signed_requests.described_lines("sends", SendIn, most=MOST),
)
def take_reported_sends(request: HttpRequest, code: str) -> AnswerOut:
    """Signed like acknowledgements. A send after a withdrawal is found by comparing these with the consent ledger."""

    def keep(recipient: Recipient, webhook_id: str, given: SendsIn, now: datetime) -> Taken:
        sends = [sent for row in given.sends if (sent := _sent(row)) is not None]
        taken = instruction_status.take_sends(recipient, webhook_id=webhook_id, sends=sends, now=now)
        unknown = 0 if taken.replayed else len(given.sends) - len(sends)
        return Taken(taken.new, taken.known, unknown, replayed=taken.replayed)

    return _taken(request, code, SendsIn, keep)


def _taken(
    request: HttpRequest, code: str, model: type[S], keep: Callable[[Recipient, str, S, datetime], Taken]
) -> AnswerOut:
    """Size, signature, form, in this order; nothing is read of a message that nobody we know has signed."""
    signed_requests.require_size(request, LONGEST)
    now = clock.now()
    recipient = recipients.by_code(code)
    if recipient is None:  # as for a signature that does not hold: who asks learns no codes
        raise BadSignature("The signature of this message is not valid.")
    secrets = recipients.secrets_of(recipient.code, at=now)
    webhook_id = webhook_signatures.verify(request.headers, request.body, secrets=secrets, now=now)
    taken = keep(recipient, webhook_id, signed_requests.parsed(model, request.body), now)
    return AnswerOut(new=taken.new, known=taken.known, unknown=taken.unknown, replayed=taken.replayed)


def _sent(row: SendIn) -> Sent | None:
    kind = addresses.kind_of(row.to)
    try:
        normalised = addresses.normalise(kind, row.to)
    except Refused:
        return None
    at = _aware(row.at)
    if at is None:
        return None
    return Sent(row.reference, tuple(addresses.address_keys(normalised)), row.purpose, row.channel, at)


def _aware(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo else at.replace(tzinfo=clock.IST)
