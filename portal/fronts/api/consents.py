"""``/api/v1/consents``: what a fiduciary's recipients answered, told and asked by its own systems."""

import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from consent.collection.services import call_consents, client_consents
from consent.collection.services.call_consents import Pressed
from consent.collection.services.client_consents import Standing, Told
from consent.records.services.consent_events import Recorded
from portal.fronts.api.keys import Key, actor_of, holder
from portal.fronts.api.openapi_docs import needed
from portal.fronts.api.request_schemas import BodyIn, Moment, Words, said_at
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import ApiScope

router = Router(tags=["Consents"])
READ, WRITE = Key(ApiScope.CONSENTS_READ), Key(ApiScope.CONSENTS_WRITE)

MOST_EVIDENCE: Final = 20
LONGEST_KEY: Final = 128
_KEY: Final = "Your number of this request: repeated, it is answered and not done again"
RequestKey = Annotated[str, Header(default="", alias="Idempotency-Key", max_length=LONGEST_KEY, description=_KEY)]
#: The same where ``require_key`` refuses without it. It has a default, for the refusal is ours and has a code of its own.
NeededKey = Annotated[
    str,
    needed(maxLength=LONGEST_KEY),
    Header(default="", alias="Idempotency-Key", max_length=LONGEST_KEY, description=_KEY),
]


def require_key(request_key: str) -> None:
    """For what may not be done twice. Raises Refused (IDEMPOTENCY_KEY) without a key of printable text."""
    if not request_key or not request_key.isprintable():
        raise Refused("Send an Idempotency-Key: printable text.", code="IDEMPOTENCY_KEY")


class EvidenceIn(BodyIn):
    """One piece of proof that you keep: what it is, and the SHA-256 of its bytes."""

    type: str = Field(pattern="^[a-z][a-z_]{1,39}$", examples=["web_form"])
    sha256: str = Field(pattern="^[0-9a-f]{64}$", examples=[hashlib.sha256(b"").hexdigest()])


class PlaceIn(BodyIn):
    """An e-mail address or a number."""

    kind: str = Field(pattern="^(email|phone)$", examples=["phone"])
    address: str = Field(max_length=254, examples=["+919876543210"])


class TakenBackIn(BodyIn):
    """A withdrawal as your system took it."""

    address: str = Field(max_length=254, examples=["+919876543210"])
    purpose: str = Field(max_length=40, examples=["marketing"])
    channel: str = Field(max_length=16, examples=["sms"])
    sender: str = Field(
        default="",
        max_length=80,
        description="The one header, number or code that it is about; all of yours when left out",
        examples=["ONESTU"],
    )
    occurred_at: Moment | None = Field(default=None, description="When the person made the choice; now when left out")
    evidence: list[EvidenceIn] = Field(default_factory=list, max_length=MOST_EVIDENCE)


class GivenIn(TakenBackIn):
    """A yes as your system took it, with the proof that you keep of it."""

    evidence: list[EvidenceIn] = Field(min_length=1, max_length=MOST_EVIDENCE)


class PressedIn(BodyIn):
    """A key that a person pressed during a call, and the words that were played before."""

    number: str = Field(max_length=32, examples=["+919876543210"])
    purpose: str = Field(max_length=40, examples=["marketing"])
    channel: str = Field(default="voice", max_length=16, description="What the consent is about", examples=["sms"])
    key: str = Field(pattern="^[0-9*#]$", examples=["1"])
    prompt: Words = Field(min_length=1, max_length=2000, description="The words as they were played")
    language: str = Field(pattern="^[a-z]{2,3}(-[A-Z]{2})?$", description="Of the prompt", examples=["hi"])
    call_reference: str = Field(
        min_length=4, max_length=64, description="As your system names the call; never a number", examples=["CALL-8F2A"]
    )
    occurred_at: Moment | None = Field(default=None, description="When the key was pressed; now when left out")


class EventOut(Schema):
    """One recorded answer and its ledger entry."""

    receipt: str
    purpose: str
    channel: str
    answer: str
    entry: str
    sender: str = ""


class RecordedOut(Schema):
    """What was recorded; no event where nothing had to change. ``replayed``: done before under the same key."""

    events: list[EventOut]
    replayed: bool


class StateOut(Schema):
    """The answer that counts now for one purpose and channel; with ``sender``, for that one header, number or code."""

    purpose: str
    channel: str
    answer: str
    is_confirmed: bool
    since: datetime
    ends_at: datetime | None
    entry: str
    receipt: str
    sender: str = ""


class StatesOut(Schema):
    """All answers at an address, for the key's fiduciary alone."""

    fiduciary: str
    at: datetime
    consents: list[StateOut]


@router.post(
    "/consents/find",
    auth=READ,
    response=StatesOut,
    summary="Read what counts at an address",
    operation_id="find_consents",
)
def find_consents(request: HttpRequest, given: PlaceIn) -> StatesOut:
    """A post, so that no address stands in a URL. A yes whose agreed time is over is shown as expired, and one after
    which promotion was stopped there as withdrawn. Nothing is shown at an address that your fiduciary never used.
    """
    now, fiduciary = clock.now(), holder(request).fiduciary
    found = client_consents.states_at(fiduciary=fiduciary, kind=given.kind, address=given.address, at=now)
    return StatesOut(fiduciary=fiduciary, at=now, consents=[_state(each) for each in found])


@router.post("/consents", auth=WRITE, response=RecordedOut, summary="Report a consent", operation_id="give_consent")
def give_consent(request: HttpRequest, given: GivenIn, request_key: RequestKey) -> RecordedOut:
    """Recorded with your key as its origin. The person gets a confirmation with a receipt."""
    now, actor, fiduciary = clock.now(), actor_of(request), holder(request).fiduciary

    def act() -> client_consents.Json:
        return _events([client_consents.give(fiduciary=fiduciary, told=_told(given, now), actor=actor, now=now)])

    return _once(request, request_key, given, act, now)


@router.post(
    "/consents/by-key",
    auth=WRITE,
    response=RecordedOut,
    summary="Report a consent by key press",
    operation_id="give_consent_by_key",
)
def give_consent_by_key(request: HttpRequest, given: PressedIn, request_key: RequestKey) -> RecordedOut:
    """The prompt is kept with the answer, and the call's reference. The same call about the same purpose counts once.

    After a no it is refused as any other yes that your system tells of.
    """
    now, actor, fiduciary = clock.now(), actor_of(request), holder(request).fiduciary
    pressed = Pressed(**{**given.model_dump(), "occurred_at": said_at(given.occurred_at, now=now)})

    def act() -> client_consents.Json:
        event = call_consents.told_by_system(fiduciary=fiduciary, pressed=pressed, actor=actor, now=now)
        return _events([Recorded(event.receipt, (event,))])

    return _once(request, request_key, given, act, now)


@router.post(
    "/consents/withdraw",
    auth=WRITE,
    response=RecordedOut,
    summary="Report a withdrawal",
    operation_id="withdraw_consent",
)
def withdraw_consent(request: HttpRequest, given: TakenBackIn, request_key: RequestKey) -> RecordedOut:
    """From the commit on every decision for your fiduciary says no; nobody else's messages change.

    The answer names what was recorded at this address.
    """
    now, actor, fiduciary = clock.now(), actor_of(request), holder(request).fiduciary

    def act() -> client_consents.Json:
        return _events(client_consents.take_back(fiduciary=fiduciary, told=_told(given, now), actor=actor, now=now))

    return _once(request, request_key, given, act, now)


def _once(request: HttpRequest, request_key: str, given: Schema, act: Any, now: datetime) -> RecordedOut:
    if request_key and not request_key.isprintable():
        raise Refused("An Idempotency-Key is printable text.", code="IDEMPOTENCY_KEY")
    body = {"path": request.path, **given.model_dump(mode="json")}
    answer, replayed = client_consents.once(
        asked_by=actor_of(request).label, request_key=request_key, body=body, now=now, act=act
    )
    return RecordedOut(**answer, replayed=replayed)


def _told(given: TakenBackIn, now: datetime) -> Told:
    proof = [{"type": item.type, "sha256": item.sha256} for item in given.evidence]
    said = said_at(given.occurred_at, now=now)
    return Told(given.address, given.purpose, given.channel, said, proof, given.sender)


def _events(done: list[Recorded]) -> client_consents.Json:
    return {
        "events": [
            {
                "receipt": one.receipt.reference,
                "purpose": event.purpose,
                "channel": event.channel,
                "answer": str(event.answer),
                "entry": str(event.entry.event_id),
                "sender": event.sender,
            }
            for one in done
            if one.receipt is not None
            for event in one.events
        ]
    }


def _state(found: Standing) -> StateOut:
    return StateOut(**{**asdict(found), "entry": str(found.entry)})
