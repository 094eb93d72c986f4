"""What no page is made for: methods that change without a form, at every address that there is."""

import pytest
from django.test import Client
from django.urls import get_resolver

from portal.kernel.people.services import roles
from tests.architecture.test_admin_acts import addresses
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
#: Addresses whose clients change rows by these methods, and by which.
CHANGED_BY: dict[str, set[str]] = {}
#: The quick run asks as a stranger by one method: all of them take a minute.
CASES = [
    pytest.param(kind, method, marks=[] if (kind, method) == ("stranger", "DELETE") else [pytest.mark.full])
    for kind in ("stranger", "customer", "staff")
    for method in METHODS
]
REFUSED = {301, 302, 308, 400, 401, 403, 404, 405, 501}


def every_address() -> list[str]:
    return sorted({f"/{path}" for path in addresses(list(get_resolver().url_patterns))})


def visitor(kind: str) -> Client:
    if kind == "stranger":
        return Client()
    if kind == "customer":
        return customer_client(CustomerUserFactory())
    return staff_client(StaffFactory(roles=[role for role in roles.shipped()["roles"] if role != "auditor"]))


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "method"), CASES)
def test_no_address_takes_a_method_that_it_is_not_made_for(kind: str, method: str) -> None:
    client = visitor(kind)
    client.raise_request_exception = False
    asked = [address for address in every_address() if method not in CHANGED_BY.get(address, set())]
    answers = {
        address: client.generic(method, address, b"{}", content_type="application/json").status_code
        for address in asked
    }
    assert {address: status for address, status in answers.items() if status not in REFUSED} == {}


def test_the_walk_meets_the_pages_of_customers_of_staff_and_of_the_api() -> None:
    found = every_address()
    assert len(found) > 700
    for begin in ("/privacy/", "/admin/", "/api/v1/", "/staff/"):
        assert sum(address.startswith(begin) for address in found) > 4, begin
