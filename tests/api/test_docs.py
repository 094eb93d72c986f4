"""The description of the interface: for programs and for people, from our own origin."""

import json
import re

import pytest
from django.test import Client

from portal.api import described
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
    for operation in described.operations(document()):
        assert f"{operation.method} {operation.path}" in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "style=" not in page


def test_the_examples_are_such_as_could_be_sent():
    examples = {one.name: one.example for one in described.operations(document())}
    assert '"+919876543210"' in examples["ask_decision"]
    assert '"addresses"' in examples["ask_decisions"]


def test_every_reference_leads_somewhere():
    found = document()
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(found)):
        assert described.resolved(found, {"$ref": reference}), reference
