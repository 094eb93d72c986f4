"""``/api/v1/kyc/documents``: a connected system sends in a document, and reads where it stands."""

import hashlib
from datetime import date, datetime
from typing import Any, BinaryIO, Final, cast

from django.http import HttpRequest
from ninja import Field, File, Form, Router, Schema
from ninja.files import UploadedFile

from consent.collection.services import client_consents
from kyc.base.models.documents import Document
from kyc.cases import selectors
from kyc.review.services import customer_types, document_uploads, staff_intake
from kyc.review.services.document_uploads import Sent
from portal.fronts.api.consents import NeededKey, require_key
from portal.fronts.api.keys import Key, actor_of, holder
from portal.fronts.api.request_schemas import BodyIn, Words
from portal.kernel.core import clock
from portal.kernel.people.choices import ApiScope

router = Router(tags=["KYC"])
WRITE: Final = Key(ApiScope.KYC_WRITE)


class DocumentIn(BodyIn):
    """What is typed beside the file."""

    customer: str = Field(max_length=24, description="The customer's reference", examples=["OS-CU-7K4M-9QXJ"])
    kind: str = Field(max_length=32, description="As the list of documents names it", examples=["pan_card"])
    party: str = Field(default="", max_length=24, description="The person behind the customer whose document it is")
    number: str = Field(default="", max_length=40, description="The number on the document", examples=["ABCPR1234K"])
    is_account: bool = Field(
        default=False, description="An account's number that has the digits of an Aadhaar number is the account's"
    )
    name: Words = Field(default="", max_length=200, description="The name on the document")
    ifsc: str = Field(default="", max_length=20, description="The branch of an account", examples=["HDFC0000001"])
    tan: str = Field(default="", max_length=20, description="The tax deduction number, if there is one")
    valid_until: date | None = Field(default=None, description="Its last day, if it names one")
    share_code: str = Field(default="", max_length=64, description="What opens a file that proves itself; not kept")


class DocumentOut(Schema):
    """Where a document stands: received, stalled, refused, checked, approved, asked_again, rejected, expired, replaced, removed or destroyed."""

    reference: str
    kind: str
    state: str
    fault: str = Field(description="Why the file cannot be used; empty where it can")
    replayed: bool = Field(default=False, description="Taken before under the same key")


@router.post(
    "/kyc/documents",
    auth=WRITE,
    response=DocumentOut,
    summary="Send in a document",
    operation_id="send_document",
)
def send_document(
    request: HttpRequest, given: Form[DocumentIn], file: File[UploadedFile], request_key: NeededKey
) -> DocumentOut:
    """It goes the way of the customer's own pages: looked at, kept in quarantine, checked, decided by two people. Needs an
    ``Idempotency-Key``: a file that is sent twice would take the place of the first. A document of Aadhaar needs a consent
    that its holder gave before (``CONSENT_MISSING``).
    """
    require_key(request_key)
    now, actor = clock.now(), actor_of(request)
    customer = selectors.customer_of_fiduciary(holder(request).fiduciary, given.customer, at=now)
    typed = given.model_dump(mode="json", exclude={"share_code"})  # it lives in the memory of this request only
    body = {"path": request.path, **typed, "sha256": _sha256(file)}
    asked: dict[str, Any] = {"asked_by": actor.label, "request_key": request_key, "body": body}
    kept = client_consents.answered_before(**asked)
    if kept is not None:  # whatever has ended since: its day, a consent, somebody's part
        return _taken(request, kept, now, replayed=True)
    case = customer_types.case_of(customer, now=now)
    party = selectors.party_of(case, given.party) if given.party else None
    sent = Sent(
        customer=customer,
        kind=given.kind,
        number=given.number,
        extension=str(file.name).rpartition(".")[2][:8],
        expires_on=given.valid_until,
        party=party,
        declared={name: text for name in ("name", "ifsc", "tan") if (text := getattr(given, name))},
        share_code=given.share_code,
        is_account=given.is_account,
    )
    judged = staff_intake.judged_for_program(sent, cast(BinaryIO, file), now=now)

    with document_uploads.encrypted(judged) as ready:

        def act() -> client_consents.Json:
            return {"reference": staff_intake.by_program(ready, actor=actor, now=now).reference}

        answer, replayed = client_consents.once(**asked, now=now, act=act)
    return _taken(request, answer, now, replayed=replayed)


@router.get(
    "/kyc/documents/{reference}",
    auth=WRITE,
    response=DocumentOut,
    summary="Read the state of a document",
    operation_id="read_document",
)
def read_document(request: HttpRequest, reference: str) -> DocumentOut:
    """Of a customer that the key's fiduciary stands for; no other document is there."""
    return _out(selectors.document_of_fiduciary(holder(request).fiduciary, reference, at=clock.now()))


def _taken(request: HttpRequest, answer: client_consents.Json, now: datetime, *, replayed: bool) -> DocumentOut:
    found = selectors.document_of_fiduciary(holder(request).fiduciary, answer["reference"], at=now)
    return _out(found, replayed=replayed)


def _out(document: Document, *, replayed: bool = False) -> DocumentOut:
    return DocumentOut(
        reference=document.reference,
        kind=document.kind,
        state=document.state,
        fault=document.fault,
        replayed=replayed,
    )


def _sha256(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
