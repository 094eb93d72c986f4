"""Every operation of the API by every kind of key: the table says what opens it, and an operation that is not in it fails."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portal.fronts.api.v1 import api
from portal.kernel.core import clock
from portal.kernel.people.choices import ApiScope
from portal.kernel.people.services import api_keys
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = pytest.mark.django_db

ANY_KEY = "any key"
#: Signed by a secret or a key of its own: of a recipient, a gateway, a mail server, a consent manager or a provider.
SIGNED = "signed"
#: By operation: the scope that a key needs, or what stands in the place of a key.
OPENED_BY: dict[str, str] = {
    "GET /key": ANY_KEY,
    "GET /sender": ANY_KEY,
    "GET /grievances/{reference}": "grievances:write",
    "GET /grievances/{reference}/thread": "grievances:write",
    "GET /kyc/documents/{reference}": "kyc:write",
    "POST /blocks": "consents:write",
    "POST /consent-manager/consents/give": SIGNED,
    "POST /consent-manager/consents/list": SIGNED,
    "POST /consent-manager/consents/withdraw": SIGNED,
    "POST /consent-manager/links": SIGNED,
    "POST /consents": "consents:write",
    "POST /consents/by-key": "consents:write",
    "POST /consents/find": "consents:read",
    "POST /consents/withdraw": "consents:write",
    "POST /decisions": "decisions:ask",
    "POST /decisions/batch": "decisions:ask",
    "POST /delivery-reports": SIGNED,
    "POST /grievances": "grievances:write",
    "POST /inbound-mail": SIGNED,
    "POST /inbound-messages": SIGNED,
    "POST /kyc/documents": "kyc:write",
    "POST /kyc/providers/{name}/answers": SIGNED,
    "POST /nominees": "nominees:write",
    "POST /nominees/find": "nominees:write",
    "POST /nominees/{reference}/end": "nominees:write",
    "POST /process": "decisions:ask",
    "POST /recipients/{code}/acknowledgements": SIGNED,
    "POST /recipients/{code}/sends": SIGNED,
    "POST /stops": "consents:write",
}
SCOPES = [str(scope) for scope in ApiScope]
SHUT = {401, 403}


def operations() -> set[str]:
    return {
        f"{method} {prefix}{path}"
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def asked(operation: str, key: str = "") -> Any:
    method, _space, path = operation.partition(" ")
    address = "/api/v1" + path.replace("{reference}", "OS-GR-0000-0000").replace("{code}", "none").replace(
        "{name}", "none"
    )
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = Client(raise_request_exception=False)
    return client.generic(method, address, b"{}", content_type="application/json", headers=headers)


def test_the_table_names_every_operation() -> None:
    assert operations() == set(OPENED_BY)


@pytest.mark.parametrize("operation", OPENED_BY)
def test_without_a_key_or_with_one_that_is_none_an_operation_is_shut(operation: str) -> None:
    for key in ("", "nonsense", "osk_" + "0" * 40, "osk_1_" + "0" * 43):
        assert asked(operation, key).status_code in ({*SHUT, 404} if OPENED_BY[operation] == SIGNED else {401}), key


@pytest.mark.parametrize("operation", [name for name, opened in OPENED_BY.items() if opened in SCOPES])
def test_a_key_opens_what_its_scopes_say_and_nothing_else(operation: str) -> None:
    needed = OPENED_BY[operation]
    fiduciary = FiduciaryFactory()
    with_all_others = issued_api_key(fiduciary, scopes=[scope for scope in SCOPES if scope != needed])
    refused = asked(operation, with_all_others)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
    answer = asked(operation, issued_api_key(fiduciary, scopes=[needed]))
    assert answer.status_code < 500
    assert answer.status_code != 401
    assert answer.status_code != 403 or answer.json()["code"] != "SCOPE_MISSING"


@pytest.mark.parametrize("operation", [name for name, opened in OPENED_BY.items() if opened == SIGNED])
def test_a_key_of_all_scopes_signs_for_nobody(operation: str) -> None:
    assert asked(operation, issued_api_key(FiduciaryFactory(), scopes=SCOPES)).status_code in {*SHUT, 404}


@pytest.mark.parametrize("operation", [name for name, opened in OPENED_BY.items() if opened != SIGNED])
def test_a_key_that_is_over_opens_nothing(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = issued_api_key(FiduciaryFactory(), scopes=SCOPES)
    assert asked(operation, key).status_code != 401
    later = clock.now() + timedelta(days=366)
    monkeypatch.setattr(clock, "now", lambda: later)
    api_keys.forget()
    assert asked(operation, key).status_code == 401
