"""``/api/v1/decisions`` and ``/api/v1/process``: may this be sent, may this be done? For the key's fiduciary alone."""

import json
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from consent.base.rules.contact import Reason
from consent.decisions.services import decision_batches, decision_responses, decision_signatures
from consent.decisions.services.bulk_decisions import Answered, Question
from consent.decisions.services.contact_decisions import Decision
from consent.records.selectors.undos import tolerance
from portal.fronts.api import keys
from portal.fronts.api.keys import Key, holder
from portal.fronts.api.request_schemas import BodyIn, Moment, Words
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.choices import WITHOUT_ADDRESS
from portal.kernel.people.choices import ApiScope

router = Router(auth=Key(ApiScope.DECISIONS_ASK), tags=["Decisions"])

MOST: Final = 10_000
#: A batch counts as one request for each so many addresses.
ADDRESSES_A_REQUEST: Final = 100
#: Channels on which the person stands for the address.
BY_SUBJECT: Final = frozenset(WITHOUT_ADDRESS)

_PURPOSE = Field(max_length=40, description="A purpose's code, for example marketing", examples=["marketing"])
_CHANNEL = Field(max_length=16, description="sms, whatsapp, rcs, email, voice, push or dashboard", examples=["sms"])
_AT = Field(default=None, description="When it is to be sent, with its offset from UTC; now when left out")
_HEADER = Field(
    default=None,
    max_length=40,
    description="The sender as it will show: header, number or code",
    examples=["AD-ONESTU-P"],
)
_TEMPLATE = Field(default=None, max_length=120, description="The template's DLT id, or its name on the platform")
_FREE_TEXT = Field(
    default=False,
    description="The text is in no template: refused by SMS and voice; on WhatsApp only soon after the person wrote",
)
_SIGN = Field(
    default=False,
    description="Sign the answer, so that it can be proved later; about now only, so leave `at` out",
)


class AskIn(BodyIn):
    """One question. ``address`` is an e-mail address or a number; on push and dashboard a subject's reference."""

    address: str = Field(max_length=254, examples=["+919876543210"])
    purpose: Words = _PURPOSE
    channel: Words = _CHANNEL
    at: Moment | None = _AT
    header: Words | None = _HEADER
    template: Words | None = _TEMPLATE
    free_text: bool = _FREE_TEXT
    sign: bool = _SIGN


class BatchIn(BodyIn):
    """The same question about many addresses."""

    addresses: list[str] = Field(min_length=1, max_length=MOST, examples=[["+919876543210", "98765 43211"]])
    purpose: Words = _PURPOSE
    channel: Words = _CHANNEL
    at: Moment | None = _AT
    header: Words | None = _HEADER
    template: Words | None = _TEMPLATE


class ProcessIn(BodyIn):
    """May somebody's data be used for a purpose that is no message? Give ``subject``, or ``kind`` and ``address``."""

    purpose: Words = Field(
        max_length=40, description="For example call_recording or analytics", examples=["call_recording"]
    )
    subject: UUID | None = Field(default=None, description="A subject's reference")
    kind: str = Field(default="", pattern="^(email|phone)?$", description="Of what kind the address is")
    address: str = Field(default="", max_length=254, examples=["+919876543210"])
    at: Moment | None = Field(default=None, description="Now when left out")
    sign: bool = _SIGN


class DecisionOut(Schema):
    """``allowed`` counts; ``reason`` is a stable code, ``sentence`` says it in plain words.

    ``entry`` is the ledger entry that decided, ``valid_until`` when time alone may change the answer. Ask again before
    each message all the same: a withdrawal counts from its commit on.
    """

    allowed: bool
    reason: Reason
    sentence: str
    entry: UUID | None
    rules: list[str]
    registers: list[str] = Field(description="The entries of header and template that were read, each with its SHA-256")
    unchecked: list[Literal["header", "template"]] = Field(
        description="What the question did not name: the decision does not cover it"
    )
    valid_until: datetime | None
    signature: str | None = Field(description="Ed25519 over the UTF-8 bytes of `signed`, in hex; by `decision_key`")
    salt: str | None = Field(description="Precedes the address in the SHA-256 of it that `signed` contains")
    signed: str | None = Field(description="The exact text that the signature is over: JSON as in RFC 8785")
    fiduciary: str
    at: datetime


class AnsweredOut(Schema):
    """One answer of a batch."""

    allowed: bool
    reason: Reason
    entry: UUID | None
    valid_until: datetime | None


class BatchOut(Schema):
    """The answers in the order of the addresses. ``reference`` names the row that keeps them and its one ledger entry."""

    reference: str
    fiduciary: str
    at: datetime
    total: int
    allowed: int
    blocked: int
    invalid: int
    by_reason: dict[str, int]
    unchecked: list[Literal["header", "template"]] = Field(
        description="What the question did not name: no decision of the batch covers it"
    )
    salt: str = Field(
        description="Added before the addresses in the hash of them that the ledger contains; keep it with them"
    )
    answers_sha256: str
    decisions: list[AnsweredOut]


@router.post("/decisions", response=DecisionOut, summary="Ask about one message", operation_id="ask_decision")
def ask_decision(request: HttpRequest, given: AskIn) -> HttpResponse:
    """May this message go to this address? Unknown means no. The answer is written into the log of answers."""
    now = clock.now()
    subject = _subject(given.address) if given.channel in BY_SUBJECT else None
    decision = decision_responses.answer_one(
        _question(given, holder(request).fiduciary, now),
        address=given.address,
        free_text=given.free_text,
        subject_ref=subject,
        sign=given.sign,
        actor=keys.actor_of(request),
        now=now,
    )
    return _said(decision)


@router.post(
    "/decisions/batch", response=BatchOut, summary="Ask about up to 10,000 addresses", operation_id="ask_decisions"
)
def ask_decisions(request: HttpRequest, given: BatchIn) -> HttpResponse:
    """The same question about many addresses, answered in their order from a few statements.

    The whole batch is one row of the log and one ledger entry, written before it is answered. It counts as one request
    for each hundred addresses, begun or whole. Repeating it is harmless: it is decided again, for a withdrawal since counts.
    """
    asking = holder(request)
    keys.count(asking, (len(given.addresses) - 1) // ADDRESSES_A_REQUEST)  # the first of them was counted with the key
    now = clock.now()
    question = _question(given, asking.fiduciary, now)
    done = decision_responses.answer_many(
        question,
        addresses=given.addresses,
        actor=keys.actor_of(request),
        now=now,
    )
    kept = done.kept
    return _json(
        {
            "reference": kept.reference,
            "fiduciary": asking.fiduciary,
            "at": clock.stamp(kept.for_time),
            "total": kept.total,
            "allowed": kept.allowed,
            "blocked": kept.blocked,
            "invalid": kept.invalid,
            "by_reason": dict(kept.reasons),
            "unchecked": question.unchecked,
            "salt": decision_batches.salt_of(kept.reference),
            "answers_sha256": kept.answers_sha256,
            "decisions": [_answered(answer) for answer in done.answers],
        }
    )


@router.post("/process", response=DecisionOut, summary="Ask about a use that is no message", operation_id="ask_process")
def ask_process(request: HttpRequest, given: ProcessIn) -> HttpResponse:
    """May a call be recorded, a message's content be read, data be analysed or given to an AI tool? Silence is no."""
    if given.subject is None and not (given.kind and given.address):
        raise Refused("Give a subject, or a kind and an address.", code="NOBODY_NAMED")
    now = clock.now()
    decision = decision_responses.answer_process(
        purpose=given.purpose,
        at=_at(given.at, now),
        fiduciary=holder(request).fiduciary,
        subject_ref=given.subject,
        address_kind=given.kind,
        address=given.address,
        sign=given.sign,
        actor=keys.actor_of(request),
        now=now,
    )
    return _said(decision)


def _question(given: AskIn | BatchIn, fiduciary: str, now: datetime) -> Question:
    return Question(
        purpose=given.purpose,
        channel=given.channel,
        at=_at(given.at, now),
        fiduciary=fiduciary,
        header=given.header,
        template=given.template,
    )


def _at(given: datetime | None, now: datetime) -> datetime:
    """The time that is asked about. The past is not: what was answered then is in the log. The asking clock may be behind."""
    if given is None:
        return now
    if given < now and given < now - tolerance(at=now):
        raise Refused("Ask about now or a time to come.", code="AT_IN_PAST")
    return given


def _subject(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _said(decision: Decision) -> HttpResponse:
    at = clock.stamp(decision.at) if decision.at else None
    signed = decision_signatures.signed_text(decision).decode() if decision.signature else None
    return _json({**decision.as_json(), "signed": signed, "fiduciary": decision.about[0], "at": at})


def _answered(answer: Answered) -> dict[str, Any]:
    until = answer.valid_until
    return {
        "allowed": answer.allowed,
        "reason": answer.reason,
        "entry": answer.entry,
        "valid_until": clock.stamp(until) if until else None,
    }


def _json(body: dict[str, Any]) -> HttpResponse:
    """Written by hand: checking ten thousand answers against their own schema takes longer than deciding them.

    A test holds every answer against the schema.
    """
    return HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/json")
