"""The description of the interface: for programs and for people, from our own origin."""

import json
import re

import pytest
from django.test import Client

from portal.fronts.api import openapi_docs
from tests.api.asking import document


def test_a_grievance_lists_the_kinds_that_are_taken_and_no_other():
    taken = document()["components"]["schemas"]["GrievanceIn"]["properties"]["kind"]["enum"]
    assert "billing" in taken
    assert "request" not in taken


def test_the_document_is_openapi_and_every_answer_of_every_operation_is_described():
    found = document()
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert "application/problem+json" in operation["responses"]["default"]["content"], f"{method} {path}"


@pytest.mark.django_db
def test_it_is_served_to_anybody():
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Onesetu compliance portal"


@pytest.mark.django_db
def test_the_page_names_every_operation_and_loads_nothing_from_elsewhere():
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    for operation in openapi_docs.operations(document()):
        assert f"{operation.method} {operation.path}" in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "style=" not in page


def test_the_examples_are_such_as_could_be_sent():
    examples = {one.name: one.example for one in openapi_docs.operations(document())}
    assert '"+919876543210"' in examples["ask_decision"]
    assert '"addresses"' in examples["ask_decisions"]


def operation(name: str) -> openapi_docs.Operation:
    return next(one for one in openapi_docs.operations(document()) if one.name == name)


def test_what_comes_as_a_form_is_described_with_its_fields_and_its_file():
    sent = operation("send_document")
    members = {member.place: member for member in sent.request}
    assert sent.media == "multipart/form-data"
    assert {"customer", "kind", "number", "file"} <= set(members)
    assert (members["file"].kind, members["file"].is_required, members["number"].is_required) == ("binary", True, False)
    assert sent.example.splitlines()[:2] == ["customer=OS-CU-7K4M-9QXJ", "kind=pan_card"]
    assert "file=@document.pdf" in sent.example.splitlines()


@pytest.mark.django_db
def test_the_page_shows_the_fields_of_a_form():
    page = Client().get("/api/v1/docs").content.decode()
    section = page.split('<h2 id="send_document">')[1].split("</section>")[0]
    assert "multipart/form-data" in section
    assert "<code>valid_until</code>" in section


@pytest.mark.parametrize(
    ("name", "header", "is_required"),
    [
        ("send_document", "Idempotency-Key", True),
        ("file_grievance", "Idempotency-Key", True),
        ("name_nominee", "Idempotency-Key", True),
        ("give_consent", "Idempotency-Key", False),
        ("withdraw_consent", "Idempotency-Key", False),
        ("link_consent_manager", "Consent-Manager", True),
        ("give_linked_consent", "Consent-Manager", True),
        ("give_linked_consent", "Fiduciary", False),
    ],
)
def test_a_header_without_which_a_request_is_refused_is_said_to_be_needed(name, header, is_required):
    found = next(member for member in operation(name).headers if member.place == header)
    assert found.is_required is is_required
    raw = next(
        each
        for methods in document()["paths"].values()
        for one in methods.values()
        if one["operationId"] == name
        for each in one["parameters"]
        if each["name"] == header
    )
    assert raw["required"] is is_required
    assert "needed" not in raw["schema"]


def test_every_reference_leads_somewhere():
    found = document()
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(found)):
        assert openapi_docs.resolved(found, {"$ref": reference}), reference
