"""Files that a signature proves, as their pages speak of them: how to get one, and what came of it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kyc.models import Document
from kyc.review.services.check_runs import run_plan
from kyc.signatures import child_reader
from portal.kernel.core import clock
from portal.kernel.vault.inspection import client as inspection_client
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import agreed, uploaded
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_proving import pinned, yesterday
from tests.signin.people_who_sign_in import customer_client

__all__ = ["pinned"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process", "house")]


@pytest.fixture
def read_here(monkeypatch):
    monkeypatch.setattr(
        inspection_client,
        "ask",
        lambda module, data, *, asked, **given: child_reader.prepare(data, asked, inspection_client.LIMITS)[1](),
    )


def offline(customer, by) -> Document:
    data = vectors.zipped(vectors.enveloped(vectors.ekyc(reference=yesterday()), by))
    given = {"kind": "aadhaar_offline_ekyc", "number": "", "extension": "zip", "share_code": vectors.SHARE_CODE}
    return uploaded(customer, data=data, yes=agreed(customer), **{**given, "now": clock.now()})


@pytest.mark.parametrize("kind", ["aadhaar_offline_ekyc", "eaadhaar_pdf", "digilocker_xml"])
def test_the_page_says_how_to_get_the_file_and_never_to_hide_a_part_of_it(individual, asha, kind):
    agreed(individual)
    page = customer_client(asha).get(reverse("privacy:kyc-upload", args=[individual.reference, kind])).text
    assert "How you get it:" in page
    assert "Send it as it is." in page
    assert "hide its first 8 digits" not in page
    assert "It must show:" not in page


def test_of_a_picture_the_page_says_what_it_must_show_and_what_to_hide(individual, asha):
    page = customer_client(asha).get(reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])).text
    assert "It must show:" in page
    assert "hide its first 8 digits" in page


@pytest.mark.parametrize(
    ("by", "said"),
    [(living, "Its signature is good."), (vectors.stranger, "so the file proves nothing yet")],
)
def test_what_was_read_when_it_came_is_said_at_once_and_the_same_after_the_checks(
    read_here, pinned, individual, asha, by, said
):
    document = offline(individual, by())
    url = reverse("privacy:kyc-check", args=[document.reference])
    client = customer_client(asha)
    for page in (client.get(url).text, run_plan(document.pk, now=clock.now()) and client.get(url).text):
        assert said in page
        assert "Load this page again" not in page
        assert "Send for checking" in page


def test_an_unsigned_file_is_refused_beside_its_field_with_what_to_send_instead(read_here, individual, asha):
    agreed(individual)
    client = customer_client(asha)
    url = reverse("privacy:kyc-upload", args=[individual.reference, "aadhaar_offline_ekyc"])
    form = client.get(url).context["form"]
    file = SimpleUploadedFile("offline.zip", vectors.zipped(vectors.ekyc(reference=yesterday())))
    given = {"share_code": vectors.SHARE_CODE, "agree": "on", "agreed_to": form.fields["agreed_to"].initial}
    answer = client.post(url, {**given, "file": file})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])
    assert "so it proves nothing" in answer.text
    assert not Document.objects.exists()


def test_of_the_code_of_a_card_nothing_is_to_be_hidden(individual, asha):
    agreed(individual)
    page = customer_client(asha).get(reverse("privacy:kyc-upload", args=[individual.reference, "aadhaar_qr"])).text
    assert "the whole QR code" in page
    assert "hide its first 8 digits" not in page
