"""Our own app names, reads and ends nominees for its signed-in person; no other fiduciary's key can."""

import pytest
from django.core.cache import cache
from django.test import Client

from grievances.models import Nominee
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import subjects
from tests.api.asking import check, post
from tests.grievances.conftest import house  # noqa: F401
from tests.people.factories import ContactPointFactory, FiduciaryFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
PERSON = {"kind": "email", "address": "asha@example.in"}
BODY = {
    "person": PERSON,
    "full_name": "Ravi Rao",
    "relation": "spouse",
    "email": "ravi@example.in",
    "rights": ["access", "grievance"],
}


@pytest.fixture(autouse=True)
def asha():
    cache.clear()
    return ContactPointFactory(kind="email", address="asha@example.in", verified_at=clock.now())


@pytest.fixture
def key() -> str:
    return issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["nominees:write"])


def name(key: str, *, request_key: str = "one", **changes):
    headers = {"Idempotency-Key": request_key} if request_key else {}
    return post("nominees", {**BODY, **changes}, key=key, **headers)


def test_it_names_as_the_page_does_once_for_each_request(key) -> None:
    first, again = name(key).json(), name(key).json()
    assert again == {**first, "replayed": True}
    found = Nominee.objects.get()
    assert (first["reference"], first["rights"]) == (found.reference, ["access", "grievance"])
    assert AuditEvent.objects.get(kind="grievances.nominee.named").actor_kind == "interface"
    assert name(key, request_key="").json()["code"] == "IDEMPOTENCY_KEY"


def test_it_reads_those_that_stand_without_who_they_are_and_ends_them(key) -> None:
    made = name(key).json()
    answer = post("nominees/find", {"person": PERSON}, key=key)
    assert [one["reference"] for one in answer.json()] == [made["reference"]]
    assert "Ravi" not in answer.content.decode()
    for _again in range(2):
        url = f"/api/v1/nominees/{made['reference']}/end"
        bearer = {"Authorization": f"Bearer {key}"}
        ended = Client().post(url, {"person": PERSON}, content_type="application/json", headers=bearer)
        check(ended, "post", "/api/v1/nominees/{reference}/end")
        assert ended.json()["ended_at"] is not None
    assert post("nominees/find", {"person": PERSON}, key=key).json() == []


def test_an_address_of_nobody_of_two_or_unconfirmed_is_not_found(key, asha) -> None:
    assert name(key, person={**PERSON, "address": "nobody@example.in"}).status_code == 404
    ContactPointFactory(kind="email", address="new@example.in", verified_at=None)
    assert name(key, person={**PERSON, "address": "new@example.in"}).status_code == 404
    other = ContactPointFactory(kind="email", address="asha@example.in", verified_at=clock.now()).principal
    assert name(key).status_code == 404
    # Two people have agreed that both records are hers.
    subjects.join(old_ref=asha.principal.subject.ref, new_ref=other.subject.ref, actor=SYSTEM, now=clock.now())
    assert name(key, request_key="two").status_code == 200


def test_a_client_cannot_name_for_what_we_hold(key) -> None:
    other = issued_api_key(FiduciaryFactory(code="shop"), scopes=["nominees:write"])
    assert name(other).status_code == 403
    assert name(issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["kyc:write"])).status_code == 403
    assert not Nominee.objects.exists()
