"""``/api/v1/grievances``: a connected system files what its people complain of, and reads where that stands."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from pydantic import StringConstraints, WithJsonSchema

from consent.collection.services import client_consents
from grievances.base import selectors
from grievances.base.choices import Door, ForWhom, TicketKind
from grievances.base.models.ticket import Ticket
from grievances.tickets import category_details, grievance_status
from grievances.tickets.forms.public import LONGEST_STORY, LONGEST_WISH
from grievances.tickets.services import assisted_intake, thread_access
from grievances.tickets.services.intake import Reach, Story
from portal.fronts.api.consents import NeededKey, require_key
from portal.fronts.api.keys import Key, actor_of, holder
from portal.fronts.api.request_schemas import BodyIn, Moment, Words, said_at
from portal.kernel.core import addresses, clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.people.choices import ApiScope

router = Router(tags=["Grievances"])
WRITE: Final = Key(ApiScope.GRIEVANCES_WRITE)
#: The kinds that are taken here, as the description of the interface lists them.
KINDS: Final = [str(kind) for kind in TicketKind if kind is not TicketKind.REQUEST]
Answer = Annotated[Words, StringConstraints(max_length=1_000)]


class GrievanceIn(BodyIn):
    """A grievance as your system took it. It is about the key's fiduciary."""

    kind: Annotated[TicketKind, WithJsonSchema({"type": "string", "enum": KINDS})] = Field(
        description="A request about data is asked for on pages of its own"
    )
    for_whom: ForWhom = ForWhom.SELF
    what_happened: Words = Field(min_length=1, max_length=LONGEST_STORY, examples=["They wrote to me at night."])
    wanted: Words = Field(default="", max_length=LONGEST_WISH)
    details: dict[str, Answer] = Field(
        default_factory=dict, max_length=10, description="Answers to the questions of the kind, by their names"
    )
    email: str = Field(default="", max_length=254)
    phone: str = Field(default="", max_length=32)
    language: Literal["en", "hi", "mr"] = "en"
    received_at: Moment | None = Field(
        default=None, description="When any of you got it first: the legal deadlines run from then"
    )


class GrievanceOut(Schema):
    """Where a grievance stands. ``due_on`` is the date that the person reads, in their own time zone, of the strictest rule
    that runs; ``due_at`` its last instant. Both are null where none does.
    """

    reference: str
    kind: str
    state: str
    closed_because: str
    received_at: datetime
    acknowledged_at: datetime | None
    due_at: datetime | None
    due_on: date | None
    is_late: bool
    tracking_key: str = Field(default="", description="For a person without email; given once, with the first answer")
    replayed: bool = Field(default=False, description="Taken before under the same key")


@router.post(
    "/grievances", auth=WRITE, response=GrievanceOut, summary="File a grievance", operation_id="file_grievance"
)
def file_grievance(request: HttpRequest, given: GrievanceIn, request_key: NeededKey) -> GrievanceOut:
    """It is the same grievance as one from the pages: acknowledged, with a reference, clocks and a thread. Needs an
    ``Idempotency-Key`` and an e-mail address or a number.
    """
    require_key(request_key)
    now, actor, fiduciary = clock.now(), actor_of(request), holder(request).fiduciary
    known = set(category_details.names_of(given.kind))
    if not known.issuperset(given.details):
        raise Refused(f"Of this kind these details are asked: {', '.join(sorted(known)) or 'none'}.", code="DETAILS")
    keys: list[str] = []

    def act() -> client_consents.Json:
        filed = assisted_intake.by_system(
            fiduciary=fiduciary,
            request_key=request_key,
            story=_story(given),
            reach=_reach(given),
            received_at=said_at(given.received_at, now=now),
            actor=actor,
            now=now,
        )
        keys.append(filed.tracking_key or "")
        return {"reference": filed.ticket.reference}

    body = {"path": request.path, **given.model_dump(mode="json")}
    answer, replayed = client_consents.once(asked_by=actor.label, request_key=request_key, body=body, now=now, act=act)
    found = assisted_intake.of_fiduciary(fiduciary, str(answer["reference"]))
    return _out(found, now=now, tracking_key=keys[0] if keys else "", replayed=replayed)


@router.get(
    "/grievances/{reference}",
    auth=WRITE,
    response=GrievanceOut,
    summary="Read the state of a grievance",
    operation_id="read_grievance",
)
def read_grievance(request: HttpRequest, reference: str) -> GrievanceOut:
    """Of the key's fiduciary; no other grievance is there. No word of the thread leaves by this way."""
    found = assisted_intake.of_fiduciary(holder(request).fiduciary, selectors.canonical(reference))
    return _out(found, now=clock.now())


class LineOut(Schema):
    """One line of the thread: what it is, whose hand it is in, and its words."""

    at: datetime
    kind: str
    author: str
    words: dict[str, str]


@router.get(
    "/grievances/{reference}/thread",
    auth=WRITE,
    response=list[LineOut],
    summary="Read a grievance that was passed on to you",
    operation_id="read_grievance_thread",
)
def read_grievance_thread(request: HttpRequest, reference: str) -> list[LineOut]:
    """For the client whose message it is about, once it was passed on: what the person wrote and what they were told. The
    person's addresses are not in it: the answer goes by us.
    """
    fiduciary = holder(request).fiduciary
    found = assisted_intake.of_fiduciary(fiduciary, selectors.canonical(reference))
    if found.client is None or found.client.code != fiduciary:
        raise NotFound(_("Grievance not found."))
    return [
        LineOut(at=line.entry.at, kind=line.entry.kind, author=line.entry.author, words=line.texts)
        for line in thread_access.for_client(found)
    ]


def _story(given: GrievanceIn) -> Story:
    return Story(
        kind=given.kind,
        for_whom=given.for_whom,
        what_happened=given.what_happened,
        wanted=given.wanted,
        details=given.details,
    )


def _reach(given: GrievanceIn) -> Reach:
    return Reach(
        language=given.language,
        email=addresses.normalise(addresses.EMAIL, given.email) if given.email else "",
        phone=addresses.normalise(addresses.PHONE, given.phone) if given.phone else "",
        door=Door.API,
    )


def _out(found: Ticket, *, now: datetime, tracking_key: str = "", replayed: bool = False) -> GrievanceOut:
    stands = grievance_status.standing_of(found, now=now)
    return GrievanceOut(
        reference=found.reference,
        kind=found.kind,
        state=found.state,
        closed_because=found.closed_because,
        received_at=found.received_at,
        acknowledged_at=found.acknowledged_at,
        due_at=stands.due_at,
        due_on=stands.due_at.astimezone(selectors.zone_of(found)).date() if stands.due_at else None,
        is_late="late" in stands.situation,
        tracking_key=tracking_key,
        replayed=replayed,
    )
