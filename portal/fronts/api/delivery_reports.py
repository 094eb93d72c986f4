"""What gateways report to us: signed messages, of any age and order and number."""

import re
from typing import Annotated, Any, Final

import structlog
from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import BeforeValidator
from pydantic import ValidationError as Malformed

from portal.fronts.api import signed_requests
from portal.kernel.core import clock
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.services import reports
from portal.kernel.outbox.services.reports import Report

log = structlog.get_logger(__name__)
router = Router()

#: A hundred reports are some twenty thousand bytes.
LONGEST: Final = 64 * 1024
MOST: Final = 500
_OUTCOMES: Final = {
    "delivered": Outcome.DELIVERED,
    "read": Outcome.READ,
    "failed": Outcome.UNDELIVERED,
    "bounced": Outcome.BOUNCED,
    "complained": Outcome.COMPLAINED,
}


_CODE: Final = re.compile(r"[A-Z_]{0,40}")


def _fit_code(given: object) -> object:
    return given if isinstance(given, str) and _CODE.fullmatch(given) else ""


class ReportIn(Schema):
    """One report. What became of the message counts, so an unfit ``code`` or ``at`` is left out and refuses nothing.

    ``code`` is a word in capitals without digits, so that it cannot carry a number of anybody.
    """

    reference: str = Field(max_length=120, description="Our reference of the message, or the Message-ID of an email")
    event: str = Field(pattern="^(delivered|read|failed|bounced|complained)$")
    code: Annotated[str, BeforeValidator(_fit_code)] = Field(default="", pattern="^[A-Z_]{0,40}$")
    at: signed_requests.TimeOrNone = Field(default=None, description="When it happened; with its offset from UTC")


class ReportsIn(Schema):
    """The envelope. Each report is read by itself: one that nobody can read must not hold up the others for ever."""

    reports: list[Any] = Field(max_length=MOST)


class TakenOut(Schema):
    """``new`` facts were kept, ``known`` ones had been; ``replayed``: this very message was taken before.

    ``unreadable`` reports name no message or an event that is none of ours: left out, and not asked for again.
    """

    new: int
    known: int
    no_such_message: int
    unreadable: int
    replayed: bool


@router.post(
    "/delivery-reports",
    auth=None,
    response=TakenOut,
    summary="Report what became of messages",
    operation_id="take_delivery_reports",
    openapi_extra=signed_requests.described_lines("reports", ReportIn, most=MOST),
)
def take_delivery_reports(request: HttpRequest) -> TakenOut:
    """Signed as Standard Webhooks asks (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).

    The same message again changes nothing and is answered the same way, so that a sender whose first answer was lost
    stops asking.
    """
    now = clock.now()
    webhook_id, given = signed_requests.from_gateway(request, ReportsIn, longest=LONGEST, now=now)
    readable = [report for report in map(_report, given.reports) if report is not None]
    unreadable = len(given.reports) - len(readable)
    if unreadable:
        log.warning("outbox.reports_unreadable", count=unreadable)
    taken = reports.take(webhook_id=webhook_id, reports=readable, now=now)
    return TakenOut(
        new=taken.new,
        known=taken.known,
        no_such_message=taken.no_such_message,
        unreadable=unreadable,
        replayed=taken.replayed,
    )


def _report(given: object) -> Report | None:
    try:
        row = ReportIn.model_validate(given)
    except Malformed:
        return None
    at = row.at if row.at is None or row.at.tzinfo else row.at.replace(tzinfo=clock.IST)
    return Report(row.reference, _OUTCOMES[row.event], row.code, at)
