"""The company's directory deactivates a staff login by SCIM, and can do nothing else."""

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.fronts.workplace.health import checks
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.people.models import ApiKey, RoleGrant, User
from portal.kernel.people.services import staff
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
TOKEN = "t" * 40
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(autouse=True)
def directory(settings):
    settings.SCIM_TOKENS = [TOKEN, "o" * 40]


def asked(client, method, path, body=None, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    given = {"data": json.dumps(body), "content_type": "application/scim+json"} if body is not None else {}
    return getattr(client, method)(f"/scim/v2/{path}", headers=headers, **given)


def switched(value, **more):
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": value, **more}]}


@pytest.mark.parametrize(
    "body",
    [
        switched(False),
        switched("False", op="Replace"),
        {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]},
    ],
    ids=["RFC", "as one directory spells it", "as another does"],
)
def test_a_deactivated_person_is_out_at_once(client, body):
    user = StaffFactory(roles=["administrator"])
    StaffFactory(roles=["administrator"])
    at_work = staff_client(user)
    assert at_work.get("/admin/").status_code == 200
    answer = asked(client, "patch", f"Users/{user.pk}", body)
    assert answer.json()["active"] is False
    assert at_work.get("/admin/").status_code == 302
    user.refresh_from_db()
    assert not user.is_active
    assert not RoleGrant.objects.filter(user=user, ends_at=None).exists()
    assert AuditEvent.objects.filter(kind="people.staff.deactivated").count() == 1


@pytest.mark.parametrize("token", [TOKEN, "o" * 40])
def test_the_audit_log_names_which_token_did_it_and_not_the_token(client, token):
    asked(client, "delete", f"Users/{StaffFactory(roles=['support']).pk}", token=token)
    name = hashlib.sha256(token.encode()).hexdigest()[:8]
    events = AuditEvent.objects.filter(kind__in=["people.staff.deactivated", "roles.grant.ended"])
    assert [(event.actor_kind, event.actor_ref) for event in events] == [("system", f"signin.scim:{name}")] * 2


def invited(user):
    user.set_unusable_password()
    user.save()
    return user


@pytest.mark.parametrize("others", ["nobody", "deactivated", "invited", "another role", "role ended"])
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_last_administrator_who_can_sign_in_is_not_deactivated_and_an_alert_says_so(client, method, others):
    user = StaffFactory(roles=["administrator"])
    if others == "deactivated":
        StaffFactory(roles=["administrator"], is_active=False)
    elif others == "invited":
        invited(StaffFactory(roles=["administrator"]))
    elif others == "another role":
        StaffFactory(roles=["data_protection_officer"])
    elif others == "role ended":
        RoleGrant.objects.filter(user=StaffFactory(roles=["administrator"])).update(ends_at=clock.now())
    assert [one.state for one in checks.directory(clock.now())] == ["well"]
    for _ in range(3):
        answer = asked(client, method, f"Users/{user.pk}", switched(False) if method == "patch" else None)
        assert answer.status_code == 403
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert answer.json()["status"] == "403"
    assert User.objects.get(pk=user.pk).is_active
    assert RoleGrant.objects.filter(user=user, ends_at=None).exists()
    event = AuditEvent.objects.get(kind="people.staff.deactivation_refused")
    assert event.actor_ref.startswith("signin.scim:")
    assert [one.state for one in checks.directory(clock.now())] == ["bad"]
    assert [one.state for one in checks.directory(clock.now() + timedelta(days=1, minutes=1))] == ["well"]


def test_a_person_deactivates_the_last_administrator_all_the_same(client):
    user, officer = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    staff.deactivate(user=user, actor=actor.staff(officer.pk), now=clock.now())
    assert not User.objects.get(pk=user.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_are_deactivated_at_once_one_stays():
    for _ in range(4):
        RoleGrant.objects.all().delete()
        two = [StaffFactory(roles=["administrator"]) for _ in range(2)]
        together = threading.Barrier(2)

        def act(user, together=together):
            together.wait(timeout=10)
            try:
                return asked(Client(), "delete", f"Users/{user.pk}").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=2) as pool:
            assert sorted(pool.map(act, two)) == [204, 403]


def test_delete_deactivates_and_twice_changes_nothing(client):
    user = StaffFactory()
    for _ in range(2):
        assert asked(client, "delete", f"Users/{user.pk}").status_code == 204
    assert User.objects.filter(pk=user.pk, is_active=False).exists()
    assert AuditEvent.objects.filter(kind="people.staff.deactivated").count() == 1


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], "é" * 40])
def test_without_a_token_nothing_is_told_or_done(client, token):
    user = StaffFactory()
    for method, path in (("get", "Users"), ("get", "ServiceProviderConfig"), ("delete", f"Users/{user.pk}")):
        answer = asked(client, method, path, token=token.encode().decode("latin-1"))
        assert answer.status_code == 401
        assert user.email not in answer.content.decode()
    assert User.objects.get(pk=user.pk).is_active


def test_an_older_token_works_a_short_one_counts_for_nothing_and_without_any_it_is_off(client, settings):
    assert asked(client, "get", "Users", token="o" * 40).status_code == 200
    settings.SCIM_TOKENS = ["short"]
    assert asked(client, "get", "Users", token="short").status_code == 401
    settings.SCIM_TOKENS = []
    assert asked(client, "get", "Users").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        switched(False, path="userName"),
        switched(False, path="roles"),
        {"Operations": [{"op": "replace", "value": {"active": False, "roles": ["administrator"]}}]},
        {
            "Operations": [
                {"op": "replace", "path": "active", "value": False},
                {"op": "add", "path": "groups", "value": 1},
            ]
        },
        {"Operations": [{"op": "remove", "path": "active"}]},
        switched(0),
        switched([]),
        {"Operations": []},
        [],
    ],
    ids=str,
)
def test_nothing_else_can_be_changed(client, body):
    user = StaffFactory()
    answer = asked(client, "patch", f"Users/{user.pk}", body)
    assert answer.status_code == 400
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert User.objects.get(pk=user.pk).is_active


def test_nobody_is_created_or_begins_again_and_what_is_no_json_is_refused(client):
    assert asked(client, "post", "Users", {"userName": "new@onesetu.example"}).status_code == 405
    user = StaffFactory(is_active=False)
    assert asked(client, "patch", f"Users/{user.pk}", switched(True)).status_code == 400
    assert not User.objects.get(pk=user.pk).is_active
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.patch(f"/scim/v2/Users/{user.pk}", b"{", headers=headers).status_code == 400


def test_only_staff_are_found_by_their_address(client):
    meera, customer = StaffFactory(email="meera@onesetu.example"), CustomerUserFactory(email="asha@acme.example")
    found = asked(client, "get", 'Users?filter=userName eq "MEERA@onesetu.example"').json()
    assert [(one["id"], one["userName"]) for one in found["Resources"]] == [(str(meera.pk), meera.email)]
    assert set(found["Resources"][0]) == {"schemas", "id", "userName", "active", "meta"}
    assert asked(client, "get", 'Users?filter=userName eq "asha@acme.example"').json()["totalResults"] == 0
    assert asked(client, "get", f"Users/{customer.pk}").status_code == 404
    assert asked(client, "delete", f"Users/{customer.pk}").status_code == 404
    assert asked(client, "get", 'Users?filter=password sw "a"').json()["scimType"] == "invalidFilter"
    StaffFactory()
    page = asked(client, "get", "Users?startIndex=2&count=1").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (2, 2, 1)


def test_what_the_portal_can_do_is_described(client):
    assert asked(client, "get", "ServiceProviderConfig").json()["patch"] == {"supported": True}
    assert asked(client, "get", "ResourceTypes").json()["Resources"][0]["endpoint"] == "/Users"
    writable = [
        attribute["name"]
        for attribute in asked(client, "get", "Schemas").json()["Resources"][0]["attributes"]
        if attribute["mutability"] == "readWrite"
    ]
    assert writable == ["active"]
    assert reverse("scim-users") == "/scim/v2/Users"


def test_a_key_that_only_the_person_could_take_ends_and_one_that_a_company_uses_stays(client):
    user, now = StaffFactory(roles=["administrator"]), clock.now()
    StaffFactory(roles=["administrator"])
    common = {"act": "people.api_key.issue", "made_by": user, "made_at": now, "shown_sha256": "0" * 64}
    common |= {"fiduciary": FiduciaryFactory(), "label": "Portal", "scopes": ["decisions:ask"]}
    waiting = ApiKey.objects.create(**common, expires_at=now.replace(year=now.year + 1))
    used = ApiKey.objects.create(
        **common,
        expires_at=now.replace(year=now.year + 1),
        answer="approved",
        checked_by=StaffFactory(),
        checked_at=now,
        issued_at=now,
        prefix="osk_1",
        key_sha256=b"1" * 32,
    )
    asked(client, "delete", f"Users/{user.pk}")
    waiting.refresh_from_db()
    used.refresh_from_db()
    assert waiting.ended_at is not None
    assert used.ended_at is None
    assert AuditEvent.objects.filter(kind="people.api_key.ended").count() == 1
