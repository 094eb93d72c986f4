"""The branch of an account, as the customer sees it before the cheque is sent."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kyc.models import Document
from tests.kyc import documents
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]


@pytest.mark.parametrize(
    ("ifsc", "words"),
    [("HDFC0000053", "This branch is in our list."), ("HDFC0ZZZZZZ", "does not contain this one")],
)
def test_the_bank_and_whether_the_branch_is_known_are_shown_back(organisation, ifsc, words):
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=organisation))
    url = reverse("privacy:kyc-upload", args=[organisation.reference, "cancelled_cheque"])
    file = SimpleUploadedFile("cheque.pdf", documents.pdf("50100012345678"))
    done = client.post(url, {"number": "50100012345678", "ifsc": ifsc, "file": file})
    page = client.get(done.headers["Location"]).text
    assert f"{ifsc}: HDFC Bank" in page
    assert words in page
    assert Document.objects.count() == 1
