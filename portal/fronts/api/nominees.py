"""``/api/v1/nominees``: our own app names, reads and ends nominees for the person who is signed in there."""

from datetime import datetime
from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import StringConstraints

from consent.collection.services import client_consents
from grievances.nominees.choices import NomineeRelation, NomineeRight
from grievances.nominees.models import Nominee
from grievances.nominees.services import nominations
from grievances.nominees.services.nominations import Named
from portal.fronts.api.consents import NeededKey, PlaceIn, require_key
from portal.fronts.api.keys import Key, actor_of, holder
from portal.fronts.api.request_schemas import BodyIn, Words
from portal.kernel.core import clock
from portal.kernel.core.errors import NotAllowed, NotFound
from portal.kernel.people.choices import ApiScope
from portal.kernel.people.models import Principal
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.people.selectors import confirmed_at

router = Router(tags=["Nominees"])
WRITE: Final = Key(ApiScope.NOMINEES_WRITE)
Line = Annotated[Words, StringConstraints(max_length=254)]


class NomineeIn(BodyIn):
    """Whom the person named, and what they may do when the person dies or can no longer act."""

    person: PlaceIn = Field(description="A confirmed address of the person who is signed in with you")
    full_name: Words = Field(min_length=1, max_length=200, examples=["Ravi Rao"])
    relation: NomineeRelation
    email: Line = ""
    phone: Line = ""
    rights: list[NomineeRight] = Field(min_length=1, max_length=len(NomineeRight))


class PersonIn(BodyIn):
    """The person whose nominees they are."""

    person: PlaceIn


class NomineeOut(Schema):
    """A nominee by reference. Who it is is not given out: the person knows."""

    reference: str
    rights: list[str]
    named_at: datetime
    ended_at: datetime | None
    replayed: bool = Field(default=False, description="Done before under the same key")


@router.post("/nominees", auth=WRITE, response=NomineeOut, summary="Name a nominee", operation_id="name_nominee")
def name_nominee(request: HttpRequest, given: NomineeIn, request_key: NeededKey) -> NomineeOut:
    """The same as on the page: recorded in the ledger, and told to the person's own addresses. Needs an
    ``Idempotency-Key``.
    """
    require_key(request_key)
    now, actor, principal = clock.now(), actor_of(request), _person(request, given.person)

    def act() -> client_consents.Json:
        named = Named(**given.model_dump(exclude={"person"}))
        return {"reference": nominations.name(principal=principal, named=named, actor=actor, at=now).reference}

    body = {"path": request.path, **given.model_dump(mode="json")}
    answer, replayed = client_consents.once(asked_by=actor.label, request_key=request_key, body=body, now=now, act=act)
    return _out(nominations.one_of(principal.subject.ref, str(answer["reference"])), replayed=replayed)


@router.post(
    "/nominees/find",
    auth=WRITE,
    response=list[NomineeOut],
    summary="Read whom a person named",
    operation_id="find_nominees",
)
def find_nominees(request: HttpRequest, given: PersonIn) -> list[NomineeOut]:
    """Those that stand. A post, so that no address stands in a URL."""
    return [_out(one) for one in nominations.of_person(_person(request, given.person).subject.ref)]


@router.post(
    "/nominees/{reference}/end", auth=WRITE, response=NomineeOut, summary="End a nomination", operation_id="end_nominee"
)
def end_nominee(request: HttpRequest, reference: str, given: PersonIn) -> NomineeOut:
    """From then on the nominee may not act. Safe to repeat."""
    principal = _person(request, given.person)
    found = nominations.one_of(principal.subject.ref, reference)
    nominations.end(principal=principal, nominee=found, actor=actor_of(request), at=clock.now())
    return _out(nominations.one_of(principal.subject.ref, reference))


def _person(request: HttpRequest, place: PlaceIn) -> Principal:
    """The one person who confirmed this address. Only our own keys: a nominee is for what we hold as fiduciary."""
    if holder(request).fiduciary != OWN_CODE:
        raise NotAllowed("Nominees are named for what Onesetu itself stores.", code="NOT_YOURS")
    found = confirmed_at(place.kind, place.address)
    if len(found) != 1:
        raise NotFound("At this address we know no one, or more than one person, who confirmed it.")
    return found.pop()


def _out(nominee: Nominee, *, replayed: bool = False) -> NomineeOut:
    return NomineeOut(
        reference=nominee.reference,
        rights=list(nominee.rights),
        named_at=nominee.named_at,
        ended_at=nominee.ended_at,
        replayed=replayed,
    )
