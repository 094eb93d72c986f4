"""A connected system files a grievance and reads where it stands; it sees those of its own fiduciary only."""

import pytest
from django.core.cache import cache
from django.test import Client

from consent.collection.services import client_consents
from grievances.models import Ticket
from grievances.tickets import grievance_status
from grievances.tickets.services import intake, thread_access, triage
from portal.kernel.core import actor, clock
from portal.kernel.core.ids import new_reference
from portal.kernel.people.models import Fiduciary
from tests.api.asking import check, post
from tests.grievances.conftest import house  # noqa: F401
from tests.grievances.factories import ticket as make
from tests.people.factories import FiduciaryFactory, StaffFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
BODY = {
    "kind": "billing",
    "what_happened": "You billed me twice. My Aadhaar is 2341 2341 2346.",
    "email": "Asha@Example.in",
    "details": {"bill_number": "INV 7"},
    "received_at": "2026-11-24T12:00:00+05:30",
}


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()


@pytest.fixture
def key() -> str:
    return issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["grievances:write"])


def file(key: str, *, request_key: str = "one", **changes):
    headers = {"Idempotency-Key": request_key} if request_key else {}
    return post("grievances", {**BODY, **changes}, key=key, **headers)


def test_it_is_the_same_grievance_as_one_from_the_pages(key) -> None:
    answer = file(key).json()
    found = Ticket.objects.get()
    assert (found.door, found.received_at.isoformat()) == ("api", "2026-11-24T06:30:00+00:00")
    assert answer["reference"] == found.reference
    assert answer["due_at"] == found.due_at.isoformat().replace("+00:00", "Z")
    assert grievance_status.standing_of(found, now=clock.now()).due_at == found.due_at
    assert intake.addresses_of(found) == {"email": "asha@example.in"}
    texts = thread_access.thread(found, internal=False)[0].texts
    assert texts["bill_number"] == "INV 7"
    assert "2341 2341" not in texts["text"]


def test_the_same_request_files_once_and_another_body_under_its_key_is_refused(key) -> None:
    first, again = file(key, email="", phone="98765 43210").json(), file(key, email="", phone="98765 43210").json()
    assert len(first["tracking_key"]) == 16
    assert again == {**first, "replayed": True, "tracking_key": ""}
    assert file(key).json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert Ticket.objects.count() == 1


def test_two_systems_of_one_fiduciary_number_their_requests_alike_and_each_is_filed(key) -> None:
    other = issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["grievances:write"])
    first, second = file(key).json(), file(other, email="ravi@example.in").json()
    assert first["reference"] != second["reference"]
    assert not second["replayed"]
    assert intake.addresses_of(Ticket.objects.get(reference=second["reference"])) == {"email": "ravi@example.in"}


def test_a_request_that_is_not_remembered_is_never_answered_with_what_was_filed_under_its_key_before(
    key, monkeypatch
) -> None:
    file(key)
    monkeypatch.setattr(client_consents, "_taken", lambda *_asked: None)
    answer = file(key, email="ravi@example.in")
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert Ticket.objects.count() == 1


def test_the_same_request_twice_at_once_is_answered_as_one_that_came_again(key, monkeypatch) -> None:
    first, real, asked = file(key).json(), client_consents._taken, []

    def not_yet(*given):
        asked.append(given)
        return None if len(asked) == 1 else real(*given)

    monkeypatch.setattr(client_consents, "_taken", not_yet)
    assert file(key).json() == {**first, "replayed": True}


def read(key: str, reference: str):
    url = f"/api/v1/grievances/{reference}"
    answer = Client(raise_request_exception=False).get(url, headers={"Authorization": f"Bearer {key}"})
    check(answer, "get", "/api/v1/grievances/{reference}")
    return answer


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"email": ""}, 422),
        ({"kind": "weather"}, 422),
        ({"kind": "request", "details": {}}, 422),
        ({"details": {"wrong_data": "x"}}, 422),
        ({"what_happened": ""}, 422),
        ({"surprise": "x"}, 422),
    ],
)
def test_what_is_no_grievance_is_refused_and_says_why(key, changes, status) -> None:
    assert file(key, **changes).status_code == status
    assert not Ticket.objects.exists()


def test_without_a_key_of_the_request_or_the_scope_nothing_is_filed(key) -> None:
    other = issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["consents:read"])
    assert file(key, request_key="").status_code == 422
    assert file(other).status_code == 403


def test_where_it_stands_is_read_for_the_own_fiduciary_only(key) -> None:
    found = make(at=clock.now())
    answer = read(key, found.reference.lower()).json()
    assert (answer["state"], answer["is_late"]) == ("received", False)
    assert "asha" not in str(answer)
    stranger = issued_api_key(FiduciaryFactory(), scopes=["grievances:write"])
    hidden, unknown = read(stranger, found.reference), read(key, new_reference("GR"))
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.json()["detail"] == unknown.json()["detail"]


def test_the_client_reads_what_it_was_passed_on_but_not_where_the_person_is_reached(key) -> None:
    acme, officer, now = FiduciaryFactory(), StaffFactory(roles=["grievance_officer"]), clock.now()
    found = make(
        at=now,
        received_at_number="+919876543210",
        sender="AD-ACME-P",
        organisation="Rao Traders",
        organisation_reference="OS-CU-7K4M-9QX2",
    )
    theirs = issued_api_key(acme, scopes=["grievances:write"])
    assert thread_of(theirs, found.reference).status_code == 404
    triage.pass_on(ticket=found, to=acme, by=officer, actor=actor.staff(officer.pk), at=now)
    answer = thread_of(theirs, found.reference)
    assert answer.status_code == 200
    assert answer.json()[0]["words"] == {
        "text": "They wrote to me at night.",
        "sender": "AD-ACME-P",
        "organisation": "Rao Traders",
    }
    assert thread_of(key, found.reference).status_code == 404


def thread_of(key: str, reference: str):
    return Client().get(f"/api/v1/grievances/{reference}/thread", headers={"Authorization": f"Bearer {key}"})
