"""A person reads the notice about Aadhaar, agrees, and sends the offline e-KYC file; staff bring in a paper for another one."""

import pytest
from django.core.cache import cache

from kyc.models import Document
from kyc.review.services.document_uploads import open_case
from tests.journeys.browsing import shows_an_error
from tests.kyc import documents
from tests.kyc.conftest import asha, house, individual, maker
from tests.kyc.factories import CUSTOMER, NOW, agreed
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.signin.people_who_sign_in import customer_client, staff_client

__all__ = ["asha", "house", "individual", "maker"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def press(person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()
    person.looks()


def ekyc_file() -> dict[str, object]:
    data = vectors.zipped(vectors.enveloped(vectors.ekyc(), living()))
    return {"name": "offlineaadhaar.zip", "mimeType": "application/zip", "buffer": data}


def test_an_aadhaar_document_is_taken_after_its_own_consent(window, asha, individual):
    agreed(individual)
    person = window(narrow=True)
    person.signs_in_with(customer_client(asha))
    page = person.goes_to(f"/privacy/kyc/{individual.reference}/aadhaar_offline_ekyc/")
    page.get_by_text("May we verify your Aadhaar document?").wait_for()
    box = page.get_by_label("I have read this and agree that you verify my Aadhaar document for this.")
    assert not box.is_checked()
    page.locator("#id_file").set_input_files(ekyc_file())
    press(person, "Continue")
    shows_an_error(page)
    assert not Document.objects.exists()
    box.check()
    page.locator("#id_share_code").fill(vectors.SHARE_CODE)
    page.locator("#id_file").set_input_files(ekyc_file())
    press(person, "Continue")
    receipt = page.get_by_role("link", name=Document.objects.get().consent_ref)
    receipt.click()
    person.looks()
    page.get_by_role("button", name="Withdraw").first.click()
    person.looks()
    assert Document.objects.get().state == "removed"


def test_staff_bring_in_what_came_by_post(window, maker, individual):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    person = window()
    person.signs_in_with(staff_client(maker))
    page = person.goes_to(f"/admin/kyc/case/{case.pk}/bring/")
    page.get_by_role("link", name="PAN card").click()
    person.looks()
    press(person, "Upload a document")
    shows_an_error(page)
    page.locator("#id_number").fill(documents.PAN)
    page.get_by_label("By post").check()
    page.locator("#id_reason").fill("Sent by post, no scanner.")
    page.locator("#id_file").set_input_files(
        {"name": "pan.pdf", "mimeType": "application/pdf", "buffer": documents.pdf()}
    )
    press(person, "Upload a document")
    page.get_by_text("Received and sent for checking. The customer is informed.").wait_for()
    assert Document.objects.get().provenance == "staff"
