"""The upload page offers a file that was given before."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kyc.models import Document
from tests.kyc import documents
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import answered, checked, proposed
from tests.people.factories import CustomerFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]


@pytest.fixture
def asked_again(individual, asha, maker, checker) -> Document:
    """The number typed beside it was wrong."""
    document = checked(individual)
    answered(proposed(document, maker, outcome="ask_again", reason_code="number_differs", message="Look."), checker)
    return document


def test_a_file_given_before_is_chosen_instead_of_a_new_one(asha, individual, asked_again):
    client, url = customer_client(asha), reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    page = client.get(url).text
    assert re.search(rf'<input type="radio" name="earlier" value="{asked_again.reference}"', page)
    assert "Use the file you sent on" in page
    assert client.post(url, {"number": documents.PAN, "earlier": "new"}).status_code == 422
    assert client.post(url, {"number": documents.PAN, "earlier": "OS-DO-7K4M-9QX2"}).status_code == 422
    done = client.post(url, {"number": documents.PAN, "earlier": asked_again.reference})
    assert done.status_code == 302
    document = Document.objects.latest("pk")
    assert document.reused_from == asked_again


def test_a_new_file_is_taken_where_one_of_before_could_have_been(asha, individual, asked_again):
    client, url = customer_client(asha), reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    file = SimpleUploadedFile("pan.pdf", documents.pdf(pages=2))
    assert client.post(url, {"number": documents.PAN, "earlier": "new", "file": file}).status_code == 302
    assert Document.objects.latest("pk").reused_from is None


def test_nothing_is_offered_where_nothing_was_given(asha, individual):
    client, url = customer_client(asha), reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    assert 'name="earlier"' not in client.get(url).text


def test_another_customers_file_can_be_named_by_nobody(asha, individual, maker, checker):
    other = CustomerFactory(kind="individual")
    document = checked(other)
    answered(proposed(document, maker, outcome="ask_again", reason_code="number_differs", message="Look."), checker)
    client, url = customer_client(asha), reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    answer = client.post(url, {"number": documents.PAN, "earlier": document.reference})
    assert answer.status_code == 422
    assert not Document.objects.filter(case__customer=individual).exists()
