"""A connected system sends in a document and reads where it stands."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent.models import TakenRequest
from kyc.models import Case, Document
from kyc.review.services.check_runs import run_plan
from portal.fronts.api.kyc import DocumentIn
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.ids import new_reference
from portal.kernel.people.models import Fiduciary
from tests.api.asking import check, get
from tests.kyc import documents
from tests.kyc.conftest import asha, house, individual, organisation, same_process  # noqa: F401
from tests.kyc.factories import agreed, party_of, uploaded
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process", "house")]
URL = "/api/v1/kyc/documents"


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()


@pytest.fixture
def key(house) -> str:  # noqa: F811
    own, _new = Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )
    return issued_api_key(own, scopes=["kyc:write"])


def send(customer, secret, *, request_key="one", data=None, name="pan.pdf", also=None, **changes):
    given = {"customer": customer.reference, "kind": "pan_card", "number": documents.PAN, **changes, **(also or {})}
    file = SimpleUploadedFile(name, documents.pdf() if data is None else data)
    headers = {"Authorization": f"Bearer {secret}", **({"Idempotency-Key": request_key} if request_key else {})}
    answer = Client(raise_request_exception=False).post(URL, {**given, "file": file}, headers=headers)
    check(answer, "post", URL)
    return answer


def test_a_document_is_taken_checked_and_its_state_is_read(individual, key):  # noqa: F811
    answer = send(individual, key)
    assert answer.status_code == 200, answer.json()
    document = Document.objects.get(reference=answer.json()["reference"])
    assert (document.provenance, document.sent_at is not None) == ("api", True)
    event = AuditEvent.objects.get(kind="kyc.document.uploaded")
    assert (event.facts["provenance"], event.actor_kind) == ("api", "interface")
    run_plan(document.pk, now=clock.now())
    found = get_document(document.reference, key)
    assert found.json() == {
        "reference": document.reference,
        "kind": "pan_card",
        "state": "checked",
        "fault": "",
        "replayed": False,
    }


def get_document(reference, secret):
    return Client().get(f"{URL}/{reference}", headers={"Authorization": f"Bearer {secret}"})


def test_the_same_request_again_is_answered_and_not_done_again(individual, key):  # noqa: F811
    data = documents.pdf()  # each PDF that is made says when
    first, second = send(individual, key, data=data), send(individual, key, data=data)
    assert second.json() == {**first.json(), "replayed": True}
    assert Document.objects.count() == 1
    other = send(individual, key, data=documents.pdf(pages=2))
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_request_that_was_taken_is_answered_as_it_was_although_its_day_has_passed(individual, key, time_machine):  # noqa: F811
    data, until = documents.pdf(), clock.day(clock.now())
    first = send(individual, key, data=data, valid_until=until.isoformat())
    time_machine.move_to(clock.now() + timedelta(days=2))
    again = send(individual, key, data=data, valid_until=until.isoformat())
    assert (again.status_code, again.json()) == (200, {**first.json(), "replayed": True})


def test_a_person_nobody_knows_opens_no_case(organisation, individual, key):  # noqa: F811
    party = party_of(organisation)
    assert send(individual, key, party=party.reference).status_code == 404
    assert not Case.objects.filter(customer=individual).exists()


def test_without_a_request_key_nothing_is_taken(individual, key):  # noqa: F811
    answer = send(individual, key, request_key="")
    assert (answer.status_code, answer.json()["code"], Document.objects.count()) == (422, "IDEMPOTENCY_KEY", 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "ABC"}, "NUMBER"),
        ({"also": {"name": "Arjun Verma 2341/2341/2346"}}, "NUMBER_IN_NAME"),
        ({"kind": "gst_certificate", "number": documents.GSTIN}, "NOT_WANTED"),
        ({"data": b"", "name": "pan.pdf"}, "EMPTY"),
        ({"data": b"MZ" + bytes(99)}, "TYPE_MISMATCH"),
        ({"kind": "aadhaar_qr", "number": "", "name": "a.png", "data": documents.image("PNG")}, "CONSENT_MISSING"),
    ],
)
def test_a_document_that_cannot_be_taken_is_a_problem_with_a_code_and_its_key_is_free_again(
    individual,  # noqa: F811
    key,
    changes,
    code,
):
    agreed(individual)
    answer = send(individual, key, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Document.objects.exists()
    assert send(individual, key).status_code == 200


def test_a_program_is_told_nothing_of_boxes_and_pages(individual, key):  # noqa: F811
    agreed(individual)
    aadhaar = {"kind": "aadhaar_qr", "number": "", "name": "a.png", "data": documents.image("PNG")}
    run_plan(Document.objects.get(reference=send(individual, key).json()["reference"]).pk, now=clock.now())
    told = [send(individual, key, request_key="two", **changes).json() for changes in (aadhaar, {})]
    assert [one["code"] for one in told] == ["CONSENT_MISSING", "ILLEGAL_MOVE"]
    assert not any(word in one["detail"].lower() for one in told for word in ("box", "tick", "load", "you"))
    assert "checked" in told[1]["detail"]


def test_an_unknown_kind_of_document_is_refused_and_not_a_crash(individual, key):  # noqa: F811
    answer = send(individual, key, kind="horoscope")
    assert (answer.status_code, answer.json()["code"]) == (422, "NOT_WANTED")


def test_a_document_about_a_person_behind_the_customer(organisation, key):  # noqa: F811
    party = party_of(organisation)
    answer = send(organisation, key, party=party.reference)
    assert answer.status_code == 200
    assert Document.objects.get().party == party
    assert send(organisation, key, party="OS-PA-7K4M-9QX2", request_key="two").status_code == 404


def test_a_key_without_the_scope_and_a_client_that_is_not_this_customer_get_nothing(individual, key):  # noqa: F811
    client_key = issued_api_key(FiduciaryFactory(code="acme-bank"), scopes=["kyc:write"])
    reader = issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["consents:read"])
    assert send(individual, reader).status_code == 403
    assert send(individual, client_key).status_code == 404
    assert not Document.objects.exists()
    reference = send(individual, key).json()["reference"]
    assert get_document(reference, client_key).status_code == 404
    assert get_document(reference, reader).status_code == 403
    assert get("key", key=key).json()["scopes"] == ["kyc:write"]


def test_what_is_kept_of_a_request_tells_nobody_its_number_or_its_share_code(individual, key):  # noqa: F811
    data = documents.pdf()
    first = send(individual, key, data=data, share_code="4321")
    kept = TakenRequest.objects.get().body_sha256
    typed = DocumentIn(
        customer=individual.reference, kind="pan_card", number=documents.PAN, share_code="4321"
    ).model_dump(mode="json")
    without = {name: value for name, value in typed.items() if name != "share_code"}
    for guessed in (typed, without):
        body = {"path": URL, **guessed, "sha256": hashlib.sha256(data).hexdigest()}
        assert hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest() != kept
    again = send(individual, key, data=data, share_code="1234")
    assert again.json() == {**first.json(), "replayed": True}


def test_an_aadhaar_number_is_refused_as_any_other_number_and_an_account_has_to_be_called_one(
    individual,  # noqa: F811
    organisation,  # noqa: F811
    key,
):
    refused = send(individual, key, kind="epic", number="2341 2341 2346")
    assert (refused.status_code, refused.json()["code"]) == (422, "NUMBER")
    account = {"kind": "cancelled_cheque", "number": "234123412346", "ifsc": "HDFC0000001"}
    unsaid = send(organisation, key, request_key="two", **account)
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "NUMBER_LIKE_AADHAAR")
    assert not Document.objects.exists()
    assert send(organisation, key, request_key="three", **account, is_account="true").status_code == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=", b"--x\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="kind"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n',
        ),
    ],
)
def test_a_form_that_cannot_be_read_is_the_clients_fault(key, content_type, body):
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}
    client = Client(raise_request_exception=False)
    answer = client.post(URL, body, content_type=content_type, headers=headers)
    check(answer, "post", URL)
    assert (answer.status_code, answer.json()["code"]) in [(400, "BAD_REQUEST"), (422, "MALFORMED")]


def test_a_document_of_somebody_else_is_answered_as_one_that_is_not_there(individual, house):  # noqa: F811
    other = FiduciaryFactory()
    secret = issued_api_key(other, scopes=["kyc:write"])
    theirs = uploaded(individual)
    answers = [get_document(name, secret).json() for name in (theirs.reference, new_reference("DO"))]
    assert [{**one, "instance": "", "reference": ""} for one in answers] == [
        {**answers[1], "instance": "", "reference": ""}
    ] * 2
