"""Consent managers act for the people who linked them, by requests signed with the key in our book."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from consent.collection.models.consent_managers import ManagerLink
from consent.collection.services import consent_managers, manager_requests
from consent.collection.services.manager_requests import Heard
from consent.records.services.consent_events import Recorded
from portal.fronts.api import signed_requests
from portal.fronts.api.openapi_docs import needed
from portal.fronts.api.request_schemas import BodyIn
from portal.kernel.core import clock, webhook_signatures
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.webhook_signatures import BadSignature
from portal.kernel.law.choices import Channel
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.entries.selectors.consent_managers import manager_of

router = Router()
S = TypeVar("S", bound=Schema)
T = TypeVar("T")
LONGEST: Final = 8 * 1024
#: It has a default, for a request without it is answered like one that is badly signed.
Number = Annotated[
    str, needed(), Header(default="", alias="Consent-Manager", description="The registration number with the Board")
]
Whose = Annotated[str, Header(alias="Fiduciary", description="Whose consents; without it Onesetu's own")]


class LinkIn(BodyIn):
    """The code that the person read on our page and handed to the manager."""

    code: str = Field(pattern="^[0-9 ]{12,20}$")


class LinkOut(Schema):
    """What names the person between us from now on. It says nothing about them."""

    link: UUID


class ListIn(BodyIn):
    link: UUID
    language: str = Field(default="en", pattern="^[a-z]{2,3}$")


class AnswerOut(Schema):
    channel: str
    answer: str
    at: datetime | None
    ends_at: datetime | None
    receipt: str


class HeldOut(Schema):
    """``notice_sha256`` names the text that a yes is to agree to; empty where none may be asked for."""

    purpose: str
    name: str
    description: str
    notice: str
    notice_sha256: str
    answers: list[AnswerOut]


class ConsentsOut(Schema):
    consents: list[HeldOut]


class GiveIn(BodyIn):
    link: UUID
    purpose: str = Field(max_length=40)
    channel: Channel
    notice_sha256: str = Field(pattern="^[0-9a-f]{64}$")


class WithdrawIn(BodyIn):
    link: UUID
    purpose: str = Field(max_length=40)
    channel: Channel


class ReceiptOut(Schema):
    """Empty where nothing had to change."""

    receipt: str


@retried
def _whole(act: Callable[[], T]) -> T:
    """What the manager asks and that it was heard, in one transaction; all of it again when the database ended it."""
    with transaction.atomic():
        return act()


def _heard(request: HttpRequest, number: str, whose: str, form: type[S], now: datetime) -> tuple[Heard, S]:
    """The manager whose signature holds, and what it says; counted, so that the same request is not taken twice.

    In the caller's transaction. An unknown manager and a bad signature are answered alike.
    """
    manager = manager_of(number, at=now, fiduciary=whose or OWN_CODE)
    if manager is None:
        raise BadSignature("The signature of this message is not valid.")
    key = base64.b64decode(manager.public_key)
    signed = webhook_signatures.verify_by_key(request.headers, request.body, public_key=key, now=now)
    manager_requests.require_number(signed)
    given = signed_requests.parsed(form, request.body)
    consent_managers.take_number(manager, signed.message_id, now=now)
    return Heard(manager, signed, request.body), given


@router.post(
    "/consent-manager/links",
    auth=None,
    response=LinkOut,
    summary="Link a person with their code",
    operation_id="link_consent_manager",
    openapi_extra=signed_requests.described(LinkIn.model_json_schema()),
)
def link_consent_manager(request: HttpRequest, number: Number = "", whose: Whose = "") -> LinkOut:
    """Signed with ``v1a`` of Standard Webhooks (Ed25519). A code works once and for minutes."""
    signed_requests.require_size(request, LONGEST)
    now = clock.now()

    def act() -> ManagerLink:
        heard, given = _heard(request, number, whose, LinkIn, now)
        return consent_managers.link(manager=heard.manager, code=given.code.replace(" ", ""), now=now)

    return LinkOut(link=_whole(act).ref)


@router.post(
    "/consent-manager/consents/list",
    auth=None,
    response=ConsentsOut,
    summary="List the consents of a linked person",
    operation_id="list_linked_consents",
    openapi_extra=signed_requests.described(ListIn.model_json_schema()),
)
def list_linked_consents(request: HttpRequest, number: Number = "", whose: Whose = "") -> ConsentsOut:
    """What may be asked, with its text, and the latest answers. No address of the person is named."""
    signed_requests.require_size(request, LONGEST)
    now = clock.now()
    with transaction.atomic():
        heard, given = _heard(request, number, whose, ListIn, now)
        found = consent_managers.link_of(heard.manager, given.link)
    held = consent_managers.consents_of(found, at=now, language=given.language)
    return ConsentsOut(consents=[_held(one) for one in held])


@router.post(
    "/consent-manager/consents/give",
    auth=None,
    response=ReceiptOut,
    summary="Give a consent for a linked person",
    operation_id="give_linked_consent",
    openapi_extra=signed_requests.described(GiveIn.model_json_schema()),
)
def give_linked_consent(request: HttpRequest, number: Number = "", whose: Whose = "") -> ReceiptOut:
    """For the exact text that the list names. The person is told, as of every answer."""
    signed_requests.require_size(request, LONGEST)
    now = clock.now()

    def act() -> Recorded:
        heard, given = _heard(request, number, whose, GiveIn, now)
        return consent_managers.give(
            heard=heard,
            found=consent_managers.link_of(heard.manager, given.link),
            purpose=given.purpose,
            channel=str(given.channel),
            notice_sha256=given.notice_sha256,
            now=now,
        )

    done = _whole(act)
    return ReceiptOut(receipt=done.receipt.reference if done.receipt else "")


@router.post(
    "/consent-manager/consents/withdraw",
    auth=None,
    response=ReceiptOut,
    summary="Withdraw a consent for a linked person",
    operation_id="withdraw_linked_consent",
    openapi_extra=signed_requests.described(WithdrawIn.model_json_schema()),
)
def withdraw_linked_consent(request: HttpRequest, number: Number = "", whose: Whose = "") -> ReceiptOut:
    """At every address of the person, at once."""
    signed_requests.require_size(request, LONGEST)
    now = clock.now()

    def act() -> Recorded:
        heard, given = _heard(request, number, whose, WithdrawIn, now)
        return consent_managers.take_back(
            heard=heard,
            found=consent_managers.link_of(heard.manager, given.link),
            purpose=given.purpose,
            channel=str(given.channel),
            now=now,
        )

    done = _whole(act)
    return ReceiptOut(receipt=done.receipt.reference if done.receipt else "")


def _held(one: consent_managers.Held) -> HeldOut:
    return HeldOut(
        purpose=one.purpose,
        name=one.name,
        description=one.description,
        notice=one.notice.text if one.notice else "",
        notice_sha256=one.notice.sha256 if one.notice else "",
        answers=[
            AnswerOut(
                channel=channel,
                answer=str(event.answer) if event else "",
                at=event.occurred_at if event else None,
                ends_at=event.expires_at if event else None,
                receipt=event.receipt.reference if event else "",
            )
            for channel, event in one.answers.items()
        ],
    )
